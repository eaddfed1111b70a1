// What a recording that could not be written means to the one who runs the server.

import { errorText } from '../../log/error-text.ts';

interface Advice {
  readonly codes: readonly string[];
  readonly text: string;
}

const ADVICE: readonly Advice[] = [
  { codes: ['ENOSPC', 'EDQUOT', 'EFBIG'], text: 'free space there, or set dvr_path to another disk' },
  { codes: ['EACCES', 'EPERM'], text: 'let the user of this process write there, or change dvr_path' },
  { codes: ['EROFS'], text: 'mount it for writing, or change dvr_path' },
  { codes: ['EMFILE', 'ENFILE'], text: 'raise the limit of open files (ulimit -n)' },
  { codes: ['ENAMETOOLONG'], text: 'shorten dvr_path or the names of the streams' },
];
const OTHER_ADVICE = 'check the disk and dvr_path';

/** The error and what to do about it, in one line. */
export function writeFailureText(error: Error): string {
  const text = errorText(error);
  const advice = ADVICE.find(({ codes }) => codes.some((code) => text.includes(`${code}:`)));
  return `${text}; ${advice?.text ?? OTHER_ADVICE}`;
}
