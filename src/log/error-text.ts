// What an error has to say in one log line.

import { getSystemErrorMap } from 'node:util';

/** Causes deeper than this are left out: an error could be its own cause. */
const MAX_CAUSES = 16;

/** The messages of an error and its causes, outermost first, joined as SRS joins them: `outer : inner`. */
export function errorText(error: unknown): string {
  return errorChain(error)
    .map((cause) => (cause instanceof Error ? cause.message : String(cause)))
    .filter((message) => message !== '')
    .join(' : ');
}

/** The positive errno of the innermost system error in the chain, 0 if there is none. */
export function errorNumber(error: unknown): number {
  for (const cause of errorChain(error).reverse()) {
    if (cause instanceof Error && 'errno' in cause && typeof cause.errno === 'number') {
      return Math.abs(cause.errno);
    }
  }
  return 0;
}

/** The system's sentence for a positive errno, as strerror says it. */
export function errnoText(errno: number): string {
  const [, message] = getSystemErrorMap().get(-errno) ?? [];
  return message ?? `errno ${errno}`;
}

function errorChain(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let cause = error; cause !== undefined && chain.length < MAX_CAUSES; ) {
    chain.push(cause);
    cause = innerError(cause);
  }
  return chain;
}

/** A failed connect to a name with several addresses is an AggregateError with an empty message. */
function innerError(error: unknown): unknown {
  if (error instanceof AggregateError) return error.cause ?? error.errors[0];
  return error instanceof Error ? error.cause : undefined;
}
