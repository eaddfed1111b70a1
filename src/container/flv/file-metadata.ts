// onMetaData of an FLV file, with what is known only at its end: it is written in front with zeros and is as long as
// it will be then. The index of key frames is what players seek by (as ffmpeg's add_keyframe_index, yamdi and others
// write it).

import { decodeAmf0 } from '../../protocol/amf0/decode.ts';
import { encodeAmf0 } from '../../protocol/amf0/encode.ts';
import { type Amf0Object, type Amf0Value, amf0Object, isAmf0Object } from '../../protocol/amf0/value.ts';
import { FLV_TAG_HEADER_SIZE } from './flv-tag.ts';

/** Key frames that are listed at most: about 9 KB per file. Longer files list each second one, each fourth, … */
const MAX_KEY_FRAMES = 512;

/** Where in the file the data of its script tag is: behind the file header and that of the tag. */
export const FILE_METADATA_POSITION = 13 + FLV_TAG_HEADER_SIZE;

export interface FlvFileFacts {
  readonly durationSec: number;
  readonly sizeBytes: number;
  readonly keyFrames: readonly FlvKeyFrame[];
}

export interface FlvKeyFrame {
  readonly timeSec: number;
  /** Of its tag. */
  readonly position: number;
}

const INDEX_KEY = 'keyframes';
/** As long as the other. */
const NO_INDEX_KEY = 'spareRoom';

const UNKNOWN_YET: FlvFileFacts = { durationSec: 0, sizeBytes: 0, keyFrames: [] };

/** Thins itself out, so that it never has more entries than there is room for. */
export class KeyFrameIndex {
  #entries: FlvKeyFrame[] = [];
  #step = 1;
  #count = 0;

  get entries(): readonly FlvKeyFrame[] {
    return this.#entries;
  }

  add(timeSec: number, position: number): void {
    if (this.#count++ % this.#step !== 0) return;
    this.#entries.push({ timeSec, position });
    if (this.#entries.length < MAX_KEY_FRAMES) return;
    this.#entries = this.#entries.filter((_, index) => index % 2 === 0);
    this.#step *= 2;
  }
}

/**
 * Data of the script tag, always of the same length for the same publisher's metadata.
 * @param published AMF0 body of the publisher's onMetaData
 */
export function encodeFileMetadata(published: Buffer | undefined, facts: FlvFileFacts = UNKNOWN_YET): Buffer {
  const properties = new Map(publishedProperties(published));
  for (const key of ['duration', 'filesize', INDEX_KEY, NO_INDEX_KEY, 'hasKeyframes', 'canSeekToEnd']) {
    properties.delete(key);
  }
  properties.set('filesize', facts.sizeBytes);
  properties.set('duration', facts.durationSec);
  // Players complain of an index that lists nothing.
  const hasKeyFrames = facts.keyFrames.length > 0;
  properties.set('hasKeyframes', hasKeyFrames);
  properties.set(hasKeyFrames ? INDEX_KEY : NO_INDEX_KEY, keyFrames(facts.keyFrames));
  return encodeAmf0(['onMetaData', { type: 'object', properties }]);
}

function publishedProperties(published: Buffer | undefined): ReadonlyMap<string, Amf0Value> {
  const content = published === undefined ? undefined : decodeAmf0(published)[1];
  return isAmf0Object(content) ? content.properties : new Map();
}

/** A number costs the same wherever it stands: what is not used is in `spare`. */
function keyFrames(entries: readonly FlvKeyFrame[]): Amf0Object {
  return amf0Object({
    times: entries.map(({ timeSec }) => timeSec),
    filepositions: entries.map(({ position }) => position),
    spare: new Array<number>(2 * (MAX_KEY_FRAMES - entries.length)).fill(0),
  });
}
