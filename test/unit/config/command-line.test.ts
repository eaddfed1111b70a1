// Arguments (spec config 2.1, lifecycle 1). The rows were compared with SRS 4.0.271, and 7.0.18 where it adds options.

import { describe, expect, test } from 'vitest';
import { type Command, exitCodeOf, parseCommandLine } from '../../../src/config/command-line.ts';

const program = { name: './objs/srs', version: '0.1.0', signature: 'tsrs/0.1.0' };

function run(line: string): Command {
  return parseCommandLine(line === '' ? [] : line.split(' '), program);
}

function start(configFile: string, envOnly = false): Command {
  return { type: 'start', configFile, envOnly };
}

function testing(configFile: string): Command {
  return { type: 'test', configFile, envOnly: false };
}

function invalid(letter: string): Command {
  const text = `config parse options : parse argv : invalid option: "${letter}", read help: ./objs/srs -h`;
  return { type: 'fail', code: 1023, text, exitCode: 255 };
}

const version: Command = { type: 'print', text: '0.1.0\n', exitCode: 0 };
const signature: Command = { type: 'print', text: 'tsrs/0.1.0\n', exitCode: 0 };

describe('arguments', () => {
  test.each<readonly [string, Command]>([
    ['', start('')],
    ['-c x.conf', start('x.conf')],
    ['-t -c x.conf', testing('x.conf')],
    ['-tc x.conf', testing('x.conf')],
    ['-c x.conf -t', testing('x.conf')],
    ['-t', testing('')],
    ['-e', start('', true)],
    ['-e -c x.conf', start('x.conf', true)],
    ['-c a.conf -c b.conf', start('b.conf')],
    ['-c -t', start('-t')],
    ['--diff a.conf b.conf', { type: 'diff', runningFile: 'a.conf', newFile: 'b.conf' }],
    ['-t --diff a.conf b.conf', { type: 'diff', runningFile: 'a.conf', newFile: 'b.conf' }],
    [
      '--diff a.conf',
      {
        type: 'fail',
        code: 1023,
        text: 'config parse options : parse argv : --diff requires two files, RUNNING NEW',
        exitCode: 255,
      },
    ],
    ['-v', version],
    ['-V', version],
    ['--version', version],
    ['-g', signature],
    ['-G', signature],
    ['-gv', version],
    ['-h -v', version],
    ['extra -t -c x.conf', testing('x.conf')],
    ['-z', invalid('z')],
    ['-tz', invalid('z')],
    ['--foo', invalid('--foo')],
    ['-p 1935', invalid('p')],
    ['-cconf/x.conf', invalid('o')],
    ['-c/x.conf', invalid('/')],
    [
      '-c',
      {
        type: 'fail',
        code: 1023,
        text: 'config parse options : parse argv : -c requires params: the name of a configuration file',
        exitCode: 255,
      },
    ],
    [
      '-tc',
      {
        type: 'fail',
        code: 1023,
        text: 'config parse options : parse argv : -c requires params: the name of a configuration file',
        exitCode: 255,
      },
    ],
  ])('%s', (line, expected) => {
    expect(run(line)).toEqual(expected);
  });

  test.each(['-h', '-?', '--help', 'word', '-t -c x.conf word', '-t -h', '-'])(
    '%s prints the help',
    (line) => {
      expect(run(line)).toMatchObject({
        type: 'print',
        exitCode: 0,
        text: expect.stringContaining('Usage: ./objs/srs '),
      });
    },
  );

  test('the help starts with the signature and names every option', () => {
    const help = run('-h');
    expect(help.type === 'print' && help.text.startsWith('tsrs/0.1.0, ')).toBe(true);
    for (const option of ['-h', '-v', '-g', '-c', '-t', '-e', '--diff'])
      expect(help).toMatchObject({ text: expect.stringContaining(` ${option}`) });
  });

  test.each([
    [1023, 255],
    [1035, 11],
    [1034, 10],
    [1042, 18],
    [1002, 234],
    [-1, 255],
  ])('code %i ends the process with %i', (code, exit) => {
    expect(exitCodeOf(code)).toBe(exit);
  });
});
