// `x.flv?start=N`: a recording from a byte offset on, for players that seek in FLV files. What they get starts with
// a file header and the sequence headers, without which nothing decodes.

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { parseAudioTag } from '../../media/audio-tag.ts';
import { parseVideoTag } from '../../media/video-tag.ts';

/** Sequence headers stand at the start of a recording, after its metadata. */
const SEARCH_BYTES = 256 * 1024;
const FILE_HEADER_BYTES = 13;
const TAG_HEADER_BYTES = 11;
const PREVIOUS_SIZE_BYTES = 4;
const TYPE_AUDIO = 8;
const TYPE_VIDEO = 9;

export interface SeekedFlv {
  readonly sizeBytes: number;
  readonly body: Readable;
}

/** Undefined if the file is shorter than that, or no FLV. */
export async function seekFlv(path: string, start: number): Promise<SeekedFlv | undefined> {
  const { head, sizeBytes } = await readHead(path);
  if (start >= sizeBytes || head.toString('latin1', 0, 3) !== 'FLV') return undefined;
  const lead = [head.subarray(0, FILE_HEADER_BYTES), ...sequenceHeaderTags(head)];
  const leadBytes = lead.reduce((sum, part) => sum + part.length, 0);
  async function* body() {
    yield* lead;
    yield* createReadStream(path, { start, end: sizeBytes - 1 });
  }
  return { sizeBytes: leadBytes + sizeBytes - start, body: Readable.from(body(), { objectMode: false }) };
}

async function readHead(path: string): Promise<{ readonly head: Buffer; readonly sizeBytes: number }> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, SEARCH_BYTES)), 0);
    return { head: buffer.subarray(0, bytesRead), sizeBytes: size };
  } finally {
    await file.close();
  }
}

/** The first sequence header of each track, as whole tags. */
export function sequenceHeaderTags(head: Buffer): readonly Buffer[] {
  const found = new Map<number, Buffer>();
  let offset = FILE_HEADER_BYTES;
  while (offset + TAG_HEADER_BYTES <= head.length && found.size < 2) {
    const type = head[offset] as number;
    const end = offset + TAG_HEADER_BYTES + head.readUIntBE(offset + 1, 3) + PREVIOUS_SIZE_BYTES;
    if (end > head.length) break;
    const payload = head.subarray(offset + TAG_HEADER_BYTES, end - PREVIOUS_SIZE_BYTES);
    if (!found.has(type) && isSequenceHeader(type, payload)) found.set(type, head.subarray(offset, end));
    offset = end;
  }
  return [...found.values()];
}

function isSequenceHeader(type: number, payload: Buffer): boolean {
  if (type !== TYPE_AUDIO && type !== TYPE_VIDEO) return false;
  const tag = type === TYPE_AUDIO ? parseAudioTag(payload) : parseVideoTag(payload);
  return tag.type !== 'dropped' && tag.isSequenceHeader;
}
