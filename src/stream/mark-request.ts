// What a server asks another for that is to tell where segments begin: in the arguments of `connect`, or in a header of
// an HTTP request.

import { isFragmentLength, isSequence, isTimelineMs } from '../media/segment-mark.ts';
import { type Amf0Object, type Amf0Value, numberProperty } from '../protocol/amf0/value.ts';

/** A place on the timeline of marks. */
export interface MarkPlace {
  /** Number of the latest segment. */
  readonly sequence: number;
  /** Latest time of the stream, ms. */
  readonly timeMs: number;
}

/** What somebody asks for who cuts the stream where the marks are. */
export interface MarkRequest {
  /** Wanted length of a segment, ms. */
  readonly fragmentMs: number;
  /** Where it stands already, undefined if it comes for the first time. */
  readonly last: MarkPlace | undefined;
}

/** Lower case, as Node has the names of headers. */
export const MARK_HEADER = 'x-tsrs-marks';

const PREFIX = 'tsrs_mark_';

function properties({ fragmentMs, last }: MarkRequest): Readonly<Record<string, number>> {
  const place = last === undefined ? {} : { sequence: last.sequence, time: last.timeMs };
  return { fragment: fragmentMs, ...place };
}

/** @returns undefined if no marks are asked for; a place that makes no sense is none */
function requestOf(numberOf: (name: string) => number | undefined): MarkRequest | undefined {
  const fragmentMs = numberOf('fragment') ?? 0;
  if (!isFragmentLength(fragmentMs)) return undefined;
  const sequence = numberOf('sequence');
  const timeMs = numberOf('time');
  const hasPlace = isSequence(sequence) && isTimelineMs(timeMs);
  return { fragmentMs, last: hasPlace ? { sequence, timeMs } : undefined };
}

/** Properties of the arguments of `connect`. */
export function markArguments(request: MarkRequest): Readonly<Record<string, Amf0Value>> {
  const entries = Object.entries(properties(request));
  return Object.fromEntries(entries.map(([name, value]) => [PREFIX + name, value]));
}

export function parseMarkArguments(args: Amf0Object | undefined): MarkRequest | undefined {
  return requestOf((name) => numberProperty(args, PREFIX + name));
}

/** Value of the header: `fragment=1500, sequence=145055246, time=62007`. */
export function markHeader(request: MarkRequest): string {
  return Object.entries(properties(request))
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}

/** @param text undefined without the header */
export function parseMarkHeader(text: string | undefined): MarkRequest | undefined {
  const numbers = new Map<string, number>();
  for (const [, name, value] of (text ?? '').matchAll(/(\w+)=(\d{1,16})(?=,|$)/g)) {
    numbers.set(String(name), Number(value));
  }
  return requestOf((name) => numbers.get(name));
}
