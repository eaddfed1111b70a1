// Loads a configuration from text, as the tests of this folder want it.

import type { Host } from '../../../src/config/check/rules.ts';
import type { Config } from '../../../src/config/config.ts';
import type { Diagnostic } from '../../../src/config/diagnostic.ts';
import type { Environment } from '../../../src/config/environment.ts';
import { type LoadResult, load } from '../../../src/config/load.ts';
import { parse } from '../../../src/config/syntax/parser.ts';
import type { Directive } from '../../../src/config/syntax/tree.ts';

export interface Input {
  readonly env?: Environment;
  readonly host?: Host;
  /** More files by their names. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Loads `text` as the file t.conf. */
export function loadText(text: string, input: Input = {}): LoadResult {
  const files: Record<string, string> = { ...input.files, 't.conf': text };
  return load({
    configFile: 't.conf',
    envOnly: false,
    cwd: '/work',
    env: input.env ?? {},
    host: input.host ?? {},
    readFile: (path) => {
      const content = files[path.replace('/work/', '')];
      return content === undefined ? undefined : Buffer.from(content);
    },
  });
}

/** A root with an RTMP port and the given lines. */
export function withListen(text: string): string {
  return `listen 1935;\n${text}`;
}

/** A default vhost with the given lines, from line 3 on. */
export function inVhost(text: string): string {
  return withListen(`vhost __defaultVhost__ {\n${text}\n}\n`);
}

/** The settings of a file that must load. */
export function configOf(text: string, input: Input = {}): Config {
  const { config, diagnostics } = loadText(text, input);
  if (config === undefined) throw new Error(diagnostics.map((one) => one.message).join('; '));
  return config;
}

/** `line:column message`, without warnings about what is not built. */
export function brief(diagnostics: readonly Diagnostic[], severity?: Diagnostic['severity']): string[] {
  return diagnostics
    .filter((one) => severity === undefined || one.severity === severity)
    .filter((one) => !one.message.endsWith('accepted without effect'))
    .map((one) => `${one.line}:${one.column} ${one.message}`);
}

export function errors(text: string, input: Input = {}): string[] {
  return brief(loadText(text, input).diagnostics, 'error');
}

export function warnings(text: string, input: Input = {}): string[] {
  return brief(loadText(text, input).diagnostics, 'warning');
}

export function hints(text: string, input: Input = {}): (string | undefined)[] {
  return loadText(text, input)
    .diagnostics.filter((one) => one.hint !== undefined)
    .map((one) => one.hint);
}

/** The tree in short: `name arg arg { children }`. */
export function shape(directives: readonly Directive[]): string {
  return directives
    .map((one) => [one.name, ...one.args].join(' ') + (one.isBlock ? ` { ${shape(one.children)} }` : ';'))
    .join(' ')
    .replaceAll('{  }', '{ }');
}

/** Parses without includes. */
export function parseText(text: string | Uint8Array) {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return parse(bytes, 't.conf', () => ({ children: [], diagnostics: [] }));
}
