// Lists of the API: in the order of their random ids, from `start`, at least ten.

import { atoi } from '../config/number.ts';

export const PAGING_QUERY = {
  start: 'First entry, from 0.',
  count: 'Entries at most; 10 and less mean 10.',
} as const;

const MIN_COUNT = 10;

/** The entries that `start` and `count` of the query ask for. */
export function page<T extends { readonly id: string }>(
  items: readonly T[],
  query: Readonly<Record<string, string | undefined>>,
): readonly T[] {
  const start = Math.max(0, atoi(query.start ?? ''));
  const count = Math.max(MIN_COUNT, atoi(query.count ?? ''));
  return items.toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(start, start + count);
}
