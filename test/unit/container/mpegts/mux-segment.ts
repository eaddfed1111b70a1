// Makes one segment with the muxer as an output does: tables first, rewritten when a track appears.

import { TABLES_SIZE } from '../../../../src/container/mpegts/program-tables.ts';
import type { TsMuxer } from '../../../../src/container/mpegts/ts-muxer.ts';
import type { MediaMessage } from '../../../../src/media/message.ts';

export function muxSegment(muxer: TsMuxer, messages: readonly MediaMessage[]): Buffer {
  // Not zeros: a byte that the muxer forgets to write shows.
  let bytes = Buffer.alloc(64 * 1024, 0xee);
  let size = TABLES_SIZE;
  muxer.startSegment();
  const append = (planned: number) => {
    if (planned === 0) return;
    if (size + planned > bytes.length)
      bytes = Buffer.concat([bytes, Buffer.alloc(bytes.length + planned, 0xee)]);
    muxer.write(bytes, size);
    size += planned;
  };
  for (const message of messages) append(muxer.prepare(message));
  append(muxer.prepareRest());
  muxer.writeTables(bytes, 0);
  return bytes.subarray(0, size);
}
