// Tokens to the tree of directives (spec config 1.2, 1.3, 1.5). Errors are collected with the words of SRS, and
// reading goes on after each, so that one run reports them all.

import type { Diagnostic } from '../diagnostic.ts';
import { error, warning } from '../diagnostic.ts';
import type { Mark, Stray, Word } from './tokenizer.ts';
import { Tokenizer } from './tokenizer.ts';
import type { Directive, Position } from './tree.ts';

/** No legal file comes near; the limit keeps whoever walks the tree from running out of stack. */
const MAX_DEPTH = 64;

/** What an `include` puts in its place. */
export type IncludeFiles = (
  files: readonly string[],
  at: readonly Position[],
) => { readonly children: readonly Directive[]; readonly diagnostics: readonly Diagnostic[] };

export interface ParseResult {
  readonly children: readonly Directive[];
  readonly diagnostics: readonly Diagnostic[];
}

interface OpenBlock {
  /** Undefined for braces without a name: their content is read and dropped. */
  readonly name: Word | undefined;
  readonly args: readonly Word[];
  readonly children: Directive[];
}

/** Parses one file. `include` reads the files of include directives. Never throws on any bytes. */
export function parse(bytes: Uint8Array, file: string, include: IncludeFiles): ParseResult {
  const parser = new Parser(bytes, file, include);
  return parser.run();
}

class Parser {
  readonly #tokens: Tokenizer;
  readonly #include: IncludeFiles;
  readonly #root: OpenBlock = { name: undefined, args: [], children: [] };
  readonly #open: OpenBlock[] = [];
  readonly #diagnostics: Diagnostic[] = [];
  /** Words of the directive being read, without empty ones. */
  #words: Word[] = [];
  /** The last word, empty ones too. */
  #lastWord: Word | undefined;
  /** The last quoted word that ran over a line end: the likely cause of what goes wrong after it. */
  #longQuote: Word | undefined;
  #bracedWord: Word | undefined;

  constructor(bytes: Uint8Array, file: string, include: IncludeFiles) {
    this.#tokens = new Tokenizer(bytes, file);
    this.#include = include;
  }

  run(): ParseResult {
    for (let token = this.#tokens.next(); ; token = this.#tokens.next()) {
      if (token.type === 'end') {
        this.#finish(token);
        return { children: this.#root.children, diagnostics: this.#diagnostics };
      }
      if (token.type === 'word') this.#takeWord(token);
      else if (token.type === 'stray') this.#takeStray(token);
      else if (token.type === ';') this.#endDirective(token);
      else if (token.type === '{') this.#openBlock(token);
      else this.#closeBlock(token);
    }
  }

  #takeWord(word: Word): void {
    this.#lastWord = word;
    if (word.unclosed) this.#reportUnclosedQuote(word);
    if (word.quoted && !word.unclosed && word.lastLine > word.at.line) this.#longQuote = word;
    if (!word.quoted && word.text.endsWith('}')) this.#bracedWord = word;
    if (word.cutByNul) {
      this.#diagnostics.push(
        warning('syntax', word.at, `"${word.text}" is followed by a NUL byte, which ends the word`),
      );
    }
    if (word.text !== '') this.#words.push(word);
  }

  #takeStray(stray: Stray): void {
    this.#fail(stray.at, `line ${stray.at.line}: unexpected '${stray.text}'`, {
      depth: 0,
      hint: this.#quoteHint() ?? 'a closing quote must be followed by a blank, ; or {',
    });
  }

  #endDirective(mark: Mark): void {
    if (this.#words.length === 0) this.#reportNameless(mark, ';');
    else this.#addLeaf();
    this.#clearWords();
  }

  #openBlock(mark: Mark): void {
    const [name, ...args] = this.#words;
    if (name === undefined) this.#reportNameless(mark, '{');
    if (name?.text === 'include') this.#reportIncludeBlock(mark);
    const isDropped = name === undefined || name.text === 'include' || this.#isTooDeep(mark);
    this.#open.push({ name: isDropped ? undefined : name, args, children: [] });
    this.#clearWords();
  }

  #isTooDeep(mark: Mark): boolean {
    if (this.#open.length < MAX_DEPTH) return false;
    if (this.#open.length === MAX_DEPTH)
      this.#fail(mark.at, `blocks are nested more than ${MAX_DEPTH} deep`, { depth: 0 });
    return true;
  }

  #closeBlock(mark: Mark): void {
    if (this.#words.length > 0) {
      const last = this.#words.at(-1)!;
      this.#fail(mark.at, `line ${mark.at.line}: unexpected '}'`, {
        hint: this.#quoteHint() ?? missingAfter(last, mark),
      });
      this.#addLeaf();
    }
    this.#clearWords();
    const block = this.#open.pop();
    if (block === undefined) {
      this.#fail(mark.at, `line ${mark.at.line}: unexpected "}"`, {
        hint: 'no block is open here: one } too many',
      });
    } else {
      this.#addBlock(block);
    }
  }

  #addLeaf(): void {
    const [name, ...args] = this.#words;
    if (name === undefined) return;
    if (name.text === 'include') this.#addIncluded(name, args);
    else this.#parent().children.push(directive(name, args, false, []));
  }

  #addBlock(block: OpenBlock): void {
    if (block.name === undefined) return;
    this.#parent().children.push(directive(block.name, block.args, true, block.children));
  }

  #addIncluded(name: Word, files: readonly Word[]): void {
    if (files.length === 0) {
      this.#fail(name.at, `line ${name.at.line}: include is empty directive`, { hint: 'include FILE;' });
      return;
    }
    const included = this.#include(
      files.map((word) => word.text),
      files.map((word) => word.at),
    );
    this.#parent().children.push(...included.children);
    this.#diagnostics.push(...included.diagnostics);
  }

  #finish(end: Mark): void {
    if (this.#words.length > 0 || (this.#lastWord?.end === end.offset && !this.#lastWord.unclosed)) {
      this.#reportEndInDirective(end);
      this.#addLeaf();
      this.#clearWords();
    }
    const innermost = this.#open.at(-1);
    if (innermost !== undefined) this.#reportEndInBlock(innermost, end);
    for (let block = this.#open.pop(); block !== undefined; block = this.#open.pop()) this.#addBlock(block);
  }

  #parent(): OpenBlock {
    return this.#open.at(-1) ?? this.#root;
  }

  #clearWords(): void {
    this.#words = [];
    this.#lastWord = undefined;
  }

  #reportNameless(mark: Mark, char: string): void {
    if (this.#lastWord !== undefined && this.#lastWord.end === mark.offset) {
      const blockLine = this.#open.at(-1)?.name?.at.line ?? 0;
      this.#fail(this.#lastWord.at, `line ${blockLine}: empty directive`, {
        hint: 'an empty string is no directive',
      });
      return;
    }
    const hint = char === ';' ? 'a } needs no ; behind it' : 'a name must stand before {';
    this.#fail(mark.at, `line ${mark.at.line}: unexpected '${char}'`, { hint });
  }

  #reportIncludeBlock(mark: Mark): void {
    this.#fail(mark.at, `line ${mark.at.line}: unexpected '{' after include`, {
      hint: 'include FILE; takes no block',
    });
  }

  #reportUnclosedQuote(word: Word): void {
    this.#fail(word.at, `line ${word.lastLine}: unexpected end of file, expecting ; or "}"`, {
      hint: `the quote that opens here is never closed: ${show(word)}`,
    });
  }

  #reportEndInDirective(end: Mark): void {
    if (this.#words.some((word) => word.unclosed)) return;
    const first = this.#words[0] ?? this.#lastWord;
    const last = this.#words.at(-1);
    this.#fail(first?.at ?? end.at, `line ${end.at.line}: unexpected end of file, expecting ; or "}"`, {
      hint: this.#bracedWordHint() ?? (last === undefined ? 'missing ;?' : `missing ; after ${show(last)}?`),
    });
  }

  #reportEndInBlock(block: OpenBlock, end: Mark): void {
    const at = block.name?.at ?? end.at;
    const others = this.#open.length - 1;
    this.#fail(at, `line ${block.name?.at.line ?? 0}: unexpected end of file, expecting "}"`, {
      hint: this.#bracedWordHint() ?? this.#misplacedHint() ?? 'this block is never closed: missing }',
      ...(others > 0 ? { more: `, ${others} more around it` } : {}),
    });
  }

  /** The first directive that is not indented deeper than the unclosed block around it: the } is missing before it. */
  #misplacedHint(): string | undefined {
    for (const [index, block] of this.#open.entries()) {
      const name = block.name;
      if (name === undefined) continue;
      const inside = [...block.children.map((child) => child.at), this.#open[index + 1]?.name?.at];
      const at = inside.find((child) => child !== undefined && isOutside(child, name.at));
      if (at !== undefined) return `missing } of ${name.text} before line ${at.line}?`;
    }
    return undefined;
  }

  #bracedWordHint(): string | undefined {
    const word = this.#bracedWord;
    if (word === undefined) return undefined;
    return `${show(word)} at line ${word.at.line} is one word: missing ; before its }?`;
  }

  #quoteHint(): string | undefined {
    const word = this.#longQuote;
    if (word === undefined) return undefined;
    return `the quoted text that starts at line ${word.at.line}, column ${word.at.column} runs to line ${word.lastLine}: missing closing quote?`;
  }

  #fail(at: Position, core: string, more: { hint?: string; depth?: number; more?: string } = {}): void {
    const last = this.#diagnostics.at(-1);
    if (
      last?.severity === 'error' &&
      last.line === at.line &&
      last.column === at.column &&
      last.file === at.file
    )
      return;
    const chain = `${'parse dir : '.repeat(more.depth ?? this.#open.length)}${core}`;
    const details = { srs: `parse buffer : root parse : ${chain}` };
    const hint = more.hint === undefined ? {} : { hint: more.hint };
    this.#diagnostics.push(error('syntax', at, core + (more.more ?? ''), { ...details, ...hint }));
  }
}

function missingAfter(word: Word, mark: Mark): string {
  const line = word.lastLine === mark.at.line ? '' : `, line ${word.lastLine}`;
  return word.text.endsWith('}') && !word.quoted
    ? `missing ; before the } of ${show(word)}${line}?`
    : `missing ; after ${show(word)}${line}?`;
}

function isOutside(at: Position, block: Position): boolean {
  return at.file === block.file && at.line > block.line && at.column <= block.column;
}

function show(word: Word): string {
  const text = word.text.length > 40 ? `${word.text.slice(0, 40)}...` : word.text;
  return JSON.stringify(text);
}

function directive(
  name: Word,
  args: readonly Word[],
  isBlock: boolean,
  children: readonly Directive[],
): Directive {
  return {
    name: name.text,
    args: args.map((word) => word.text),
    at: name.at,
    argsAt: args.map((word) => word.at),
    isBlock,
    children,
  };
}
