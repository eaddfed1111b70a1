// A start that cannot succeed, in SRS's words: `Failed, code=1002 : run : …`. The exit status is the code's low byte.

import { errorText } from '../log/error-text.ts';

/** SRS's chain of callers down to the server. */
const RUN_SERVER = 'run : run hybrid : hybrid run : run server';

export class StartFailure extends Error {
  readonly srsCode: number;

  /** @param step what the server was about to do */
  constructor(srsCode: number, step: string, text: string) {
    super(`${RUN_SERVER} : ${step} : ${text}`);
    this.srsCode = srsCode;
  }

  /** From an error that knows its code, such as a ListenError; anything unexpected comes back as it is. */
  static of(step: string, error: unknown): unknown {
    const code = error instanceof Error && 'srsCode' in error ? error.srsCode : undefined;
    return typeof code === 'number' ? new StartFailure(code, step, errorText(error)) : error;
  }
}
