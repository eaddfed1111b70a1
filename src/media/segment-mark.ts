// Segment marks between servers: AMF0 data messages (type 18) right before the media message that they are about. Only
// servers that asked for them are sent any.

import { decodeAmf0 } from '../protocol/amf0/decode.ts';
import { encodeAmf0 } from '../protocol/amf0/encode.ts';
import { amf0Object, isAmf0Object, numberProperty } from '../protocol/amf0/value.ts';
import type { SegmentMark } from './message.ts';

const EVENT = 'onSegmentMark';
/** AMF0: marker of a string, its length, the name. */
const HEAD = encodeAmf0([EVENT]);
const MAX_FRAGMENT_MS = 3_600_000;

/** Body of the data message: the string `onSegmentMark` and one object. */
export function encodeSegmentMark({ fragmentMs, sequence, timeMs, isDiscontinuity }: SegmentMark): Buffer {
  return encodeAmf0([
    EVENT,
    amf0Object({ fragment: fragmentMs, sequence, time: timeMs, discontinuity: isDiscontinuity }),
  ]);
}

/**
 * The mark in the body of a data message; undefined if it is another event, or its numbers are none that segments have.
 * Throws ProtocolError if the body is no AMF0.
 */
export function parseSegmentMark(body: Buffer): SegmentMark | undefined {
  if (!body.subarray(0, HEAD.length).equals(HEAD)) return undefined;
  const content = decodeAmf0(body)[1];
  if (!isAmf0Object(content)) return undefined;
  const fragmentMs = numberProperty(content, 'fragment') ?? 0;
  const sequence = numberProperty(content, 'sequence');
  const timeMs = numberProperty(content, 'time');
  if (!isFragmentLength(fragmentMs) || !isSequence(sequence) || !isTimelineMs(timeMs)) return undefined;
  return { fragmentMs, sequence, timeMs, isDiscontinuity: content.properties.get('discontinuity') === true };
}

export function isFragmentLength(ms: number): boolean {
  return Number.isInteger(ms) && ms > 0 && ms <= MAX_FRAGMENT_MS;
}

/** Media sequence numbers: some players read no more than 32 bits, and nobody gets there by counting. */
export function isSequence(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 0 && value < 2 ** 31;
}

/** A time on the timeline of marks: half a century at most. */
export function isTimelineMs(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 0 && value < 2 ** 41;
}
