// include FILE (spec config 1.3).

import { describe, expect, test } from 'vitest';
import { brief, configOf, loadText } from './load-text.ts';

describe('include', () => {
  test('puts directives in its place, at any level, several files at once', () => {
    const files = {
      'conf/a.conf': 'max_connections 7;',
      'b.conf': 'play { gop_cache off; }',
      'c.conf': 'hls { enabled on; }',
    };
    const text = 'listen 1935;\ninclude conf/a.conf;\nvhost v {\n  include b.conf ./c.conf;\n}\n';
    const config = configOf(text, { files });
    expect(config.root.max_connections).toBe(7);
    expect(config.findVhost('v')?.play.gop_cache).toBe(false);
    expect(config.findVhost('v')?.hls.enabled).toBe(true);
    expect(loadText(text, { files }).files).toEqual(['t.conf', 'conf/a.conf', 'b.conf', './c.conf']);
  });

  test('errors name the included file', () => {
    const { diagnostics } = loadText('listen 1935;\ninclude a.conf;\n', {
      files: { 'a.conf': '\nfoo bar;' },
    });
    expect(diagnostics).toMatchObject([
      { file: 'a.conf', line: 2, column: 1, message: 'illegal directive foo' },
    ]);
  });

  test('a duplicate in another file is named with the file of the one that counts', () => {
    const { diagnostics } = loadText('listen 1935;\ninclude a.conf;\n', {
      files: { 'a.conf': 'listen 1936;' },
    });
    expect(diagnostics.map((one) => one.message)).toEqual([
      'listen is ignored: the first one, at t.conf:1, counts',
    ]);
  });

  test('braces must balance in each file', () => {
    const { diagnostics } = loadText('listen 1935;\nvhost a {\ninclude a.conf;\n}\n', {
      files: { 'a.conf': 'play {\n}\n}' },
    });
    expect(brief(diagnostics)).toEqual(['3:1 line 3: unexpected "}"']);
  });

  test('a file that is not there fails with the code of SRS', () => {
    const { failure, diagnostics } = loadText('listen 1935;\ninclude a/*.conf;\n');
    expect(failure?.code).toBe(1042);
    expect(failure?.text).toContain('buffer fullfill a/*.conf');
    expect(brief(diagnostics)).toEqual(['2:9 open file=a/*.conf : open file a/*.conf failed']);
  });

  test('an empty file is fine', () => {
    expect(loadText('listen 1935;\ninclude a.conf;\n', { files: { 'a.conf': '' } }).diagnostics).toEqual([]);
  });

  test('a file that includes itself, by way of others, is refused', () => {
    const files = { 'a.conf': 'include b.conf;', 'b.conf': 'include a.conf;' };
    const { diagnostics } = loadText('listen 1935;\ninclude a.conf;\n', { files });
    expect(diagnostics).toMatchObject([
      { file: 'b.conf', line: 1, hint: 't.conf > a.conf > b.conf > a.conf' },
    ]);
    expect(diagnostics[0]?.message).toContain('includes itself');
  });

  test('files that include each other many times over are refused', () => {
    const files: Record<string, string> = { 'f0.conf': '' };
    for (let i = 1; i <= 20; i++) files[`f${i}.conf`] = `include f${i - 1}.conf f${i - 1}.conf;`;
    const { diagnostics } = loadText('listen 1935;\ninclude f20.conf;\n', { files });
    expect(diagnostics.some((one) => one.message.includes('more than 1000 files'))).toBe(true);
  });
});
