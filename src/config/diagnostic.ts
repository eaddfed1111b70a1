// What is wrong with a configuration, and where. Collected by every step, never thrown.

import type { Position } from './syntax/tree.ts';

export type DiagnosticCode =
  | 'syntax'
  | 'include'
  | 'file'
  | 'empty'
  | 'unknown-directive'
  | 'missing-directive'
  | 'invalid-value'
  | 'misread-value'
  | 'missing-value'
  | 'extra-value'
  | 'lost-semicolon'
  | 'lost-brace'
  | 'not-a-block'
  | 'not-a-directive'
  | 'duplicate'
  | 'duplicate-endpoint'
  | 'conflict'
  | 'old-form'
  | 'no-effect'
  | 'full-conf'
  | 'unknown-variable';

export interface Diagnostic {
  /** An error keeps the server from starting, a warning does not. */
  readonly severity: 'error' | 'warning';
  readonly code: DiagnosticCode;
  /** As named by the user or by `include`; `environment` for a variable. */
  readonly file: string;
  /** From 1; 0 for what stands in no file. */
  readonly line: number;
  /** From 1, in characters; 0 for what stands in no file. */
  readonly column: number;
  /** Contains the words of SRS where it knows this error. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  /** SRS's description of the error with its chain (`check normal : illegal directive foo`). */
  readonly srs?: string;
  /** SRS's error number; 1023 (configuration is invalid) when absent. */
  readonly srsCode?: number;
}

/** The position of environment variables: they stand in no file. */
export const environment: Position = { file: 'environment', line: 0, column: 0 };

type Details = Pick<Diagnostic, 'hint' | 'srs' | 'srsCode'>;

export function error(
  code: DiagnosticCode,
  at: Position,
  message: string,
  details: Details = {},
): Diagnostic {
  return { severity: 'error', code, ...place(at), message, ...details };
}

export function warning(code: DiagnosticCode, at: Position, message: string, hint?: string): Diagnostic {
  return { severity: 'warning', code, ...place(at), message, ...(hint === undefined ? {} : { hint }) };
}

function place(at: Position): Position {
  return { file: at.file, line: at.line, column: at.column };
}

/** `file:line:column: error: text`, and the hint on a line of its own: for the terminal. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { hint } = diagnostic;
  return headline(diagnostic) + (hint === undefined ? '' : `\n    hint: ${printable(hint)}`);
}

/** The same on one line: for the log. */
export function diagnosticLine(diagnostic: Diagnostic): string {
  const { hint } = diagnostic;
  return headline(diagnostic) + (hint === undefined ? '' : ` (hint: ${printable(hint)})`);
}

function headline({ file, line, column, severity, message }: Diagnostic): string {
  const where = line === 0 ? file : `${file}:${line}:${column}`;
  return printable(`${where}: ${severity}: ${message}`);
}

/** Words of a file may hold anything: control characters are written as escapes, for terminals and for one line each. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => JSON.stringify(char).slice(1, -1));
}

/** In the order of a reader of the files: by file as first met, then by line and column; equal places keep their order. */
export function inFileOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const files = new Map<string, number>();
  for (const { file } of diagnostics) if (!files.has(file)) files.set(file, files.size);
  const rank = (d: Diagnostic) => files.get(d.file) ?? 0;
  return [...diagnostics].sort((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column);
}
