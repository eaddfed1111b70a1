// What the arguments ask for (spec config 2.1, lifecycle 1): SRS's letter groups, its exit codes and its texts.

import { helpText, type Program } from './help.ts';

export type Command =
  /** Print to stdout and exit with 0: help, version, signature. */
  | { readonly type: 'print'; readonly text: string; readonly exitCode: 0 }
  /** Log `Failed, code=${code} : ${text}` as an error to stdout and exit. */
  | { readonly type: 'fail'; readonly code: number; readonly text: string; readonly exitCode: number }
  /** -t: check the configuration, print what testReport says, exit. */
  | { readonly type: 'test'; readonly configFile: string; readonly envOnly: boolean }
  /** --diff: print what a reload from one file to the other would do, exit. */
  | { readonly type: 'diff'; readonly runningFile: string; readonly newFile: string }
  | { readonly type: 'start'; readonly configFile: string; readonly envOnly: boolean };

const CONFIG_INVALID = 1023;

/** SRS's process exit status for one of its error numbers. */
export function exitCodeOf(code: number): number {
  return code & 0xff;
}

interface Wishes {
  help: boolean;
  version: boolean;
  signature: boolean;
  test: boolean;
  envOnly: boolean;
  configFile: string;
  diff: { readonly runningFile: string; readonly newFile: string } | undefined;
}

/** `args` are the words behind the program's name. The configuration file is '' without -c. */
export function parseCommandLine(args: readonly string[], program: Program): Command {
  // As in SRS: help, unless one of -c -t -v -g -e comes; a stray word asks for help again.
  const wishes: Wishes = {
    help: args.length > 0,
    version: false,
    signature: false,
    test: false,
    envOnly: false,
    configFile: '',
    diff: undefined,
  };
  for (let i = 0; i < args.length; ) {
    const taken = takeWord(args, i, wishes);
    if (typeof taken !== 'number') return failure(taken.fault, program);
    i += taken;
  }
  return commandOf(wishes, program);
}

function commandOf(wishes: Wishes, program: Program): Command {
  const { configFile, envOnly } = wishes;
  if (wishes.help) return { type: 'print', text: helpText(program), exitCode: 0 };
  if (wishes.version) return { type: 'print', text: `${program.version}\n`, exitCode: 0 };
  if (wishes.signature) return { type: 'print', text: `${program.signature}\n`, exitCode: 0 };
  if (wishes.diff !== undefined) return { type: 'diff', ...wishes.diff };
  return { type: wishes.test ? 'test' : 'start', configFile, envOnly };
}

type Fault = { readonly fault: string };

/** Takes the word at `index`, and the next one if it is the value of -c. Returns how many words that were. */
function takeWord(args: readonly string[], index: number, wishes: Wishes): number | Fault {
  const word = args[index] ?? '';
  if (word === '--help' || word === '--version') return takeLong(word, wishes);
  if (word === '--diff') return takeDiff(args[index + 1], args[index + 2], wishes);
  if (!word.startsWith('-')) {
    wishes.help = true;
    return 1;
  }
  // SRS knows letters only, and would name the second dash.
  if (word.startsWith('--')) return { fault: `invalid option: "${word}", read help: ` };
  return takeLetters(word, args, index, wishes);
}

function takeLong(word: '--help' | '--version', wishes: Wishes): number {
  wishes.help = word === '--help';
  if (word === '--version') wishes.version = true;
  return 1;
}

function takeDiff(running: string | undefined, next: string | undefined, wishes: Wishes): number | Fault {
  if (running === undefined || next === undefined) return { fault: '--diff requires two files, RUNNING NEW' };
  wishes.help = false;
  wishes.diff = { runningFile: running, newFile: next };
  return 3;
}

function takeLetters(word: string, args: readonly string[], index: number, wishes: Wishes): number | Fault {
  let taken = 1;
  for (let i = 1; i < word.length; i++) {
    const letter = word[i] ?? '';
    if (letter !== 'c') {
      if (!takeLetter(letter, wishes)) return { fault: `invalid option: "${letter}", read help: ` };
      continue;
    }
    wishes.help = false;
    // SRS takes the rest of the word as the file and then as letters too: -cFILE has never worked.
    const rest = word.slice(i + 1);
    const value = rest === '' ? args[index + taken] : rest;
    if (value === undefined) return { fault: '-c requires params: the name of a configuration file' };
    if (rest === '') taken++;
    wishes.configFile = value;
  }
  return taken;
}

/** False for a letter that is no option. */
function takeLetter(letter: string, wishes: Wishes): boolean {
  wishes.help = letter === 'h' || letter === '?';
  if (letter === 'v' || letter === 'V') wishes.version = true;
  else if (letter === 'g' || letter === 'G') wishes.signature = true;
  else if (letter === 't') wishes.test = true;
  else if (letter === 'e') wishes.envOnly = true;
  else return wishes.help;
  return true;
}

function failure(fault: string, program: Program): Command {
  const text = fault.endsWith('read help: ') ? `${fault}${program.name} -h` : fault;
  const chained = `config parse options : parse argv : ${text}`;
  return { type: 'fail', code: CONFIG_INVALID, text: chained, exitCode: exitCodeOf(CONFIG_INVALID) };
}
