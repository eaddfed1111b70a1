// The grammar of srs.conf (spec config 1): words, blocks, and errors with their places. The texts and verdicts were
// compared with SRS 4.0.271 and 7.0.18 (`-t`).

import { describe, expect, test } from 'vitest';
import { Tokenizer } from '../../../src/config/syntax/tokenizer.ts';
import { brief, parseText, shape } from './load-text.ts';

function tokens(text: string | Uint8Array): string[] {
  const tokenizer = new Tokenizer(typeof text === 'string' ? Buffer.from(text) : text, 't.conf');
  const found: string[] = [];
  for (let token = tokenizer.next(); token.type !== 'end'; token = tokenizer.next()) {
    const what = token.type === 'word' || token.type === 'stray' ? `${token.type} ${token.text}` : token.type;
    found.push(`${token.at.line}:${token.at.column} ${what}`);
  }
  return found;
}

describe('tokens', () => {
  test.each([
    ['blanks separate words', 'a\tb  c\r\nd', ['1:1 word a', '1:3 word b', '1:6 word c', '2:1 word d']],
    [
      '; and { end a word without a blank',
      'hls{enabled on;}',
      ['1:1 word hls', '1:4 {', '1:5 word enabled', '1:13 word on', '1:15 ;', '1:16 }'],
    ],
    ['} is an ordinary character inside a word', 'on}', ['1:1 word on}']],
    [
      '# starts a comment only where a word could start',
      '1935#x ;#y\n;',
      ['1:1 word 1935#x', '1:8 ;', '2:1 ;'],
    ],
    ['a comment ends at CR', '# a\rb', ['1:5 word b']],
    ['quotes take ; { } # and blanks', `"a; {b} # c" 'd "e"'`, ['1:1 word a; {b} # c', '1:14 word d "e"']],
    ['quotes inside a word are ordinary', 'a"b c"', ['1:1 word a"b', '1:5 word c"']],
    ['a backslash escapes nothing', '"a\\" b', ['1:1 word a\\', '1:6 word b']],
    ['quoted text may span lines', '"a\nb" c', ['1:1 word a\nb', '2:4 word c']],
    ['nothing may touch a closing quote', '"a"b', ['1:1 word a', '1:4 stray b', '1:4 word b']],
    ['but ; and { may', `"a";'b'{`, ['1:1 word a', '1:4 ;', '1:5 word b', '1:8 {']],
    ['columns count characters', 'é录 x', ['1:1 word é录', '1:4 word x']],
    ['a byte order mark belongs to the first word', '\ufefflisten', ['1:1 word \ufefflisten']],
    ['a NUL byte cuts the word', 'ab\0cd e', ['1:1 word ab', '1:7 word e']],
  ])('%s', (_, text, expected) => {
    expect(tokens(text)).toEqual(expected);
  });

  test('bytes that are no UTF-8 are taken', () => {
    expect(tokens(Buffer.from([0xff, 0x20, 0x61]))).toEqual(['1:1 word \ufffd', '1:3 word a']);
  });
});

describe('the tree', () => {
  test.each([
    ['a directive', 'listen 1935;', 'listen 1935;'],
    ['nested blocks', 'a { b c { d e; } }', 'a { b c { d e; } }'],
    ['either end for any name', 'vhost a; listen { }', 'vhost a; listen { }'],
    [
      'line breaks inside a directive, and { on its own line',
      'listen 1935\n 1936 # more\n ;\nhls\n{\n}',
      'listen 1935 1936; hls { }',
    ],
    ['CRLF', 'a b;\r\nc {\r\n}\r\n', 'a b; c { }'],
    ['an empty string is no argument', 'a "" b;', 'a b;'],
    ['an empty string alone before }', 'a { "" }', 'a { }'],
    ['UTF-8 in names and values', 'vhost 直播.example.com { }', 'vhost 直播.example.com { }'],
    ['nothing', '', ''],
  ])('%s', (_, text, expected) => {
    const { children, diagnostics } = parseText(text);
    expect(shape(children)).toBe(expected);
    expect(diagnostics).toEqual([]);
  });

  test('every directive and argument knows its place', () => {
    const [vhost] = parseText('\nvhost a {\n  play {\n    gop_cache  on;\n  }\n}').children;
    const gopCache = vhost?.children[0]?.children[0];
    expect(gopCache?.at).toEqual({ file: 't.conf', line: 4, column: 5 });
    expect(gopCache?.argsAt).toEqual([{ file: 't.conf', line: 4, column: 16 }]);
  });
});

describe('errors', () => {
  test.each([
    ['stray ;', 'a b;\n;', ["2:1 line 2: unexpected ';'"]],
    ['; behind }', 'a {\n};', ["2:2 line 2: unexpected ';'"]],
    ['{ without a name', '\n{ a b; }', ["2:1 line 2: unexpected '{'"]],
    ['} in a directive', 'a {\n b c }', ["2:6 line 2: unexpected '}'"]],
    ['} without a block', 'a b;\n}', ['2:1 line 2: unexpected "}"']],
    [
      'a block that is not closed',
      'a {\n b {\n c d;\n }\n',
      ['1:1 line 1: unexpected end of file, expecting "}"'],
    ],
    [
      'the innermost of several',
      'a {\n b {\n',
      ['2:2 line 2: unexpected end of file, expecting "}", 1 more around it'],
    ],
    [
      'a directive that is not ended',
      'a b;\nc d\n',
      ['2:1 line 3: unexpected end of file, expecting ; or "}"'],
    ],
    ['an empty string as directive', 'a {\n"";\n}', ['2:1 line 1: empty directive']],
    ['an empty string as directive at the top', '""{\n}', ['1:1 line 0: empty directive']],
    ['an empty string, a blank and ;', '"" ;', ["1:4 line 1: unexpected ';'"]],
    ['an empty string at the very end', '""', ['1:1 line 1: unexpected end of file, expecting ; or "}"']],
    ['something behind a closing quote', 'a "b"c;', ["1:6 line 1: unexpected 'c'"]],
    ['} behind a closing quote', 'a { b "c"}', ["1:10 line 1: unexpected '}'"]],
    [
      'a quote that is not closed',
      'a "b;\nc d;\n',
      ['1:3 line 3: unexpected end of file, expecting ; or "}"'],
    ],
    ['include without a file', 'include;', ['1:1 line 1: include is empty directive']],
    ['include with a block', 'include a {\n}', ["1:11 line 1: unexpected '{' after include"]],
  ])('%s', (_, text, expected) => {
    expect(brief(parseText(text).diagnostics)).toEqual(expected);
  });

  test('all of a file are reported, and what can be read is read', () => {
    const { children, diagnostics } = parseText('a b;;\nc {\n d e }\n"f"g;\nh {\n i j;\n');
    expect(brief(diagnostics)).toEqual([
      "1:5 line 1: unexpected ';'",
      "3:6 line 3: unexpected '}'",
      "4:4 line 4: unexpected 'g'",
      '5:1 line 5: unexpected end of file, expecting "}"',
    ]);
    expect(shape(children)).toBe('a b; c { d e; } f g; h { i j; }');
  });

  test.each([
    ['the word before a missing ;', 'a {\n b c\n}', 'missing ; after "c", line 2?'],
    ['the directive that a missing } lets in', 'a {\n  b c;\nd {\n}\n', 'missing } of a before line 3?'],
    ['the word that swallowed a }', 'a { b on}\n', 'missing ; before its }?'],
    ['the quote that ran too far', 'a "b;\nc d" e"f;\n"x"y;', 'missing closing quote?'],
    ['the quote that is not closed', "a 'b;\n", 'is never closed'],
  ])('the advice names %s', (_, text, expected) => {
    const { diagnostics } = parseText(text);
    expect(diagnostics.map((one) => one.hint ?? '').join('\n')).toContain(expected);
  });

  test('describes itself as SRS does, one "parse dir" per level', () => {
    const [error] = parseText('a { b { c d } }').diagnostics;
    expect(error?.srs).toBe("parse buffer : root parse : parse dir : parse dir : line 1: unexpected '}'");
  });

  test('endless nesting is refused once and costs no stack', () => {
    const { diagnostics } = parseText(`${'a{'.repeat(100_000)}${'}'.repeat(100_000)}`);
    expect(diagnostics.map((one) => one.message)).toEqual(['blocks are nested more than 64 deep']);
  });
});
