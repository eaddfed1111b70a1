// Connection ids: one per connection, the same in log lines, in the API's client ids and in hooks.

import { pooledRandomBytes } from '../bytes/random-pool.ts';

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
const LENGTH = 8;

/** A new random id of 8 characters out of [0-9a-z], as SRS 4 makes them. */
export function connectionId(): string {
  let id = '';
  for (const byte of pooledRandomBytes(LENGTH)) id += ALPHABET[byte % ALPHABET.length];
  return id;
}
