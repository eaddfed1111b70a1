// The source file's tags, read whole. FLV 10.1, annex E.

import { readFileSync } from 'node:fs';
import { FlvReader } from '../wire/flv-reader.ts';
import { classifyMedia } from '../wire/media-kind.ts';

export interface SourceTag {
  readonly type: 'audio' | 'video' | 'metadata';
  readonly timestampMs: number;
  readonly body: Buffer;
  readonly isSequenceHeader: boolean;
  readonly isKeyFrame: boolean;
}

const TYPE_NAMES: ReadonlyMap<number, SourceTag['type']> = new Map([
  [8, 'audio'],
  [9, 'video'],
  [18, 'metadata'],
]);
const PREVIOUS_TAG_SIZE_BYTES = 4;

export function readFlvFile(path: string): SourceTag[] {
  return parseFlvTags(readFileSync(path));
}

export function parseFlvTags(bytes: Buffer): SourceTag[] {
  const tags: SourceTag[] = [];
  let end = 9;
  const reader = new FlvReader((type, timestampMs, lengthBytes) => {
    end += PREVIOUS_TAG_SIZE_BYTES + 11 + lengthBytes;
    const name = TYPE_NAMES.get(type);
    if (name !== undefined) tags.push(sourceTag(name, timestampMs, bytes.subarray(end - lengthBytes, end)));
  });
  reader.feed(bytes, 0, bytes.length);
  return tags;
}

function sourceTag(type: SourceTag['type'], timestampMs: number, body: Buffer): SourceTag {
  const kind = classifyMedia(type === 'video', body, body.length);
  return {
    type,
    timestampMs,
    body,
    isSequenceHeader: type !== 'metadata' && kind === 'header',
    isKeyFrame: type === 'video' && kind === 'key',
  };
}
