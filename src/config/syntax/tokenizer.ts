// Bytes of srs.conf to words and marks (spec config 1.1), by the rules of SRS 4.0 with comments that also end
// at CR (7.0): this takes every file that either version takes.

import type { Position } from './tree.ts';

const LF = 0x0a;
const CR = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;
const HASH = 0x23;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const SEMICOLON = 0x3b;
const OPEN = 0x7b;
const CLOSE = 0x7d;

export interface Word {
  readonly type: 'word';
  readonly text: string;
  readonly at: Position;
  readonly quoted: boolean;
  /** Offset in bytes just behind the word and its closing quote. */
  readonly end: number;
  /** The closing quote is missing: the word was cut at the end of its line. */
  readonly unclosed: boolean;
  /** The line on which the word ends (quoted words may span lines); of an unclosed one, the last of the file. */
  readonly lastLine: number;
  /** A NUL byte cut the text, as it does in SRS. */
  readonly cutByNul: boolean;
}

export interface Mark {
  readonly type: ';' | '{' | '}' | 'end';
  readonly at: Position;
  readonly offset: number;
}

/** A character that must not follow a closing quote. The next token starts with it. */
export interface Stray {
  readonly type: 'stray';
  readonly at: Position;
  readonly text: string;
}

export type Token = Word | Mark | Stray;

/** Reads one token after another; after `end` it goes on to return `end`. Never throws. */
export class Tokenizer {
  readonly #bytes: Uint8Array;
  readonly #file: string;
  #offset = 0;
  #line = 1;
  #column = 1;
  #afterQuote = false;

  /** Keeps `bytes`. */
  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#file = file;
  }

  next(): Token {
    if (this.#afterQuote) {
      this.#afterQuote = false;
      if (!this.#mayFollowQuote()) return this.#stray();
    }
    this.#skipBlanks();
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) return this.#mark('end');
    if (byte === SEMICOLON) return this.#mark(';');
    if (byte === OPEN) return this.#mark('{');
    if (byte === CLOSE) return this.#mark('}');
    if (byte === DOUBLE_QUOTE || byte === SINGLE_QUOTE) return this.#quoted(byte);
    return this.#plain();
  }

  #mayFollowQuote(): boolean {
    const byte = this.#bytes[this.#offset];
    return byte === undefined || isBlank(byte) || byte === SEMICOLON || byte === OPEN;
  }

  #stray(): Stray {
    const rest = decode(this.#bytes.subarray(this.#offset, this.#offset + 4));
    return { type: 'stray', at: this.#here(), text: [...rest][0] ?? '' };
  }

  /** Blanks, and comments that start here. */
  #skipBlanks(): void {
    for (let byte = this.#bytes[this.#offset]; byte !== undefined; byte = this.#bytes[this.#offset]) {
      if (byte === HASH) this.#skipTo(endOfLine(this.#bytes, this.#offset));
      else if (isBlank(byte)) this.#skipTo(this.#offset + 1);
      else return;
    }
  }

  #mark(type: Mark['type']): Mark {
    const mark: Mark = { type, at: this.#here(), offset: this.#offset };
    if (type !== 'end') this.#skipTo(this.#offset + 1);
    return mark;
  }

  #plain(): Word {
    const at = this.#here();
    const start = this.#offset;
    let end = start + 1;
    while (end < this.#bytes.length && !endsPlainWord(this.#bytes[end]!)) end++;
    this.#skipTo(end);
    return this.#word(at, start, end, { quoted: false, unclosed: false });
  }

  #quoted(quote: number): Word {
    const at = this.#here();
    const start = this.#offset + 1;
    const close = this.#bytes.indexOf(quote, start);
    if (close < 0) return this.#unclosed(at, start);
    this.#skipTo(close + 1);
    this.#afterQuote = true;
    return this.#word(at, start, close, { quoted: true, unclosed: false });
  }

  /** Recovery: the word is cut before the `;` or `{` at the end of its line, so that reading can go on there. */
  #unclosed(at: Position, start: number): Word {
    const lastLine = this.#line + countLines(this.#bytes, start);
    let end = endOfLine(this.#bytes, start);
    while (end > start && isBlank(this.#bytes[end - 1]!)) end--;
    if (end > start && (this.#bytes[end - 1] === SEMICOLON || this.#bytes[end - 1] === OPEN)) end--;
    this.#skipTo(end);
    return { ...this.#word(at, start, end, { quoted: true, unclosed: true }), lastLine };
  }

  #word(at: Position, start: number, end: number, how: { quoted: boolean; unclosed: boolean }): Word {
    const bytes = this.#bytes.subarray(start, end);
    const nul = bytes.indexOf(0);
    return {
      type: 'word',
      text: decode(nul < 0 ? bytes : bytes.subarray(0, nul)),
      at,
      quoted: how.quoted,
      end: this.#offset,
      unclosed: how.unclosed,
      lastLine: this.#line,
      cutByNul: nul >= 0,
    };
  }

  #here(): Position {
    return { file: this.#file, line: this.#line, column: this.#column };
  }

  #skipTo(offset: number): void {
    for (; this.#offset < offset; this.#offset++) {
      const byte = this.#bytes[this.#offset]!;
      if (byte === LF) {
        this.#line++;
        this.#column = 1;
      } else if ((byte & 0xc0) !== 0x80) {
        // Bytes 10xxxxxx continue a UTF-8 character.
        this.#column++;
      }
    }
  }
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB || byte === CR || byte === LF;
}

function endsPlainWord(byte: number): boolean {
  return isBlank(byte) || byte === SEMICOLON || byte === OPEN;
}

/** Offset of the CR or LF that ends the line, or of the end of the file. */
function endOfLine(bytes: Uint8Array, from: number): number {
  let offset = from;
  while (offset < bytes.length && bytes[offset] !== LF && bytes[offset] !== CR) offset++;
  return offset;
}

function countLines(bytes: Uint8Array, from: number): number {
  let count = 0;
  for (let at = bytes.indexOf(LF, from); at >= 0; at = bytes.indexOf(LF, at + 1)) count++;
  return count;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

function decode(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}
