// The media presentation description: ISO/IEC 23009-1, one period, a timeline with exact times per track, in the words
// and order of SRS. Pure.

import type { Mp4AudioTrack, Mp4VideoTrack } from '../../container/mp4/track-boxes.ts';

/** A segment that is complete. Times in ticks of its track. */
export interface ListedSegment {
  readonly number: number;
  readonly start: number;
  readonly duration: number;
  readonly sizeBytes: number;
}

export interface ManifestTrack {
  readonly id: 'video' | 'audio';
  readonly track: Mp4VideoTrack | Mp4AudioTrack;
  readonly timescale: number;
  /** At least one. */
  readonly segments: readonly ListedSegment[];
}

export interface ManifestFacts {
  /** Folder of the segments, relative to the manifest. */
  readonly baseUrl: string;
  readonly tracks: readonly ManifestTrack[];
  /** When time 0 of the tracks was, ms since 1970. */
  readonly startedAtMs: number;
  readonly publishedAtMs: number;
  readonly fragmentMs: number;
  readonly updatePeriodMs: number;
  readonly timeShiftMs: number;
  /** The publisher has left: nothing is added any more. */
  readonly isEnded: boolean;
}

/** The whole document. */
export function encodeManifest(facts: ManifestFacts): string {
  const { baseUrl, tracks } = facts;
  const offsetSec = facts.isEnded ? Math.min(...tracks.map(startSec)) : 0;
  return `<?xml version="1.0" encoding="utf-8"?>
<MPD profiles="urn:mpeg:dash:profile:isoff-live:2011,http://dashif.org/guidelines/dash-if-simple"
    xmlns:ns1="http://www.w3.org/2001/XMLSchema-instance"
    ns1:schemaLocation="urn:mpeg:dash:schema:mpd:2011 DASH-MPD.xsd"
    xmlns="urn:mpeg:dash:schema:mpd:2011"
    ${facts.isEnded ? endedAttributes(facts, offsetSec) : liveAttributes(facts)}
    maxSegmentDuration="${period(longestMs(facts))}" minBufferTime="${period(facts.fragmentMs)}">
    <BaseURL>${escapeXml(baseUrl)}/</BaseURL>
    <Period id="0" start="PT0S">
${tracks.map((track) => adaptationSet(track, offsetSec)).join('\n')}
    </Period>
</MPD>
`;
}

/** RFC 6381 name of what is in the track. */
export function codecName(track: Mp4VideoTrack | Mp4AudioTrack): string {
  switch (track.codec) {
    case 'h264':
      return `avc1.${track.record.toString('hex', 1, 4)}`;
    case 'hevc':
      return hevcName(track.record);
    case 'aac':
      return `mp4a.40.${(track.config[0] ?? 0) >> 3 || 2}`;
    case 'mp3':
      return 'mp4a.6B';
  }
}

/** ISO/IEC 14496-15, annex E: profile, compatibility flags reversed, tier and level, constraints without final zeros. */
function hevcName(record: Buffer): string {
  const space = ['', 'A', 'B', 'C'][record[1]! >> 6];
  const flags = record.readUInt32BE(2);
  let reversed = 0;
  for (let bit = 0; bit < 32; bit++) if ((flags >>> bit) & 1) reversed += 2 ** (31 - bit);
  const tier = (record[1]! >> 5) & 1 ? 'H' : 'L';
  const constraints = [...record.subarray(6, 12)];
  while (constraints.length > 0 && constraints.at(-1) === 0) constraints.pop();
  const parts = [`${space}${record[1]! & 31}`, reversed.toString(16), `${tier}${record[12]}`];
  return ['hvc1', ...parts, ...constraints.map((byte) => byte.toString(16))].join('.');
}

function liveAttributes({
  startedAtMs,
  publishedAtMs,
  fragmentMs,
  updatePeriodMs,
  timeShiftMs,
}: ManifestFacts) {
  return `type="dynamic" minimumUpdatePeriod="${period(Math.min(updatePeriodMs, fragmentMs))}"
    timeShiftBufferDepth="${period(timeShiftMs)}"
    availabilityStartTime="${new Date(startedAtMs).toISOString()}"
    publishTime="${new Date(publishedAtMs).toISOString()}"`;
}

function endedAttributes({ tracks }: ManifestFacts, offsetSec: number): string {
  const endSec = Math.max(...tracks.map(({ segments, timescale }) => endOf(segments.at(-1)!) / timescale));
  return `type="static" mediaPresentationDuration="${period((endSec - offsetSec) * 1000)}"`;
}

function adaptationSet({ id, track, timescale, segments }: ManifestTrack, offsetSec: number): string {
  const offset = Math.round(offsetSec * timescale);
  const timeline = segments.map(({ start, duration }) => `<S t="${start}" d="${duration}"/>`);
  const bandwidth = Math.max(
    ...segments.map(({ sizeBytes, duration }) =>
      duration > 0 ? Math.ceil((sizeBytes * 8 * timescale) / duration) : 0,
    ),
  );
  const size =
    'width' in track
      ? ` width="${track.width}" height="${track.height}"`
      : ` audioSamplingRate="${track.sampleRate}"`;
  return `        <AdaptationSet mimeType="${id}/mp4" segmentAlignment="true" startWithSAP="1">
            <SegmentTemplate timescale="${timescale}" presentationTimeOffset="${offset}" startNumber="${segments[0]!.number}" initialization="$RepresentationID$-init.mp4" media="$RepresentationID$-$Number$.m4s">
                <SegmentTimeline>
${timeline.map((entry) => `                    ${entry}`).join('\n')}
                </SegmentTimeline>
            </SegmentTemplate>
            <Representation id="${id}" bandwidth="${bandwidth}" codecs="${codecName(track)}"${size}/>
        </AdaptationSet>`;
}

function startSec({ segments, timescale }: ManifestTrack): number {
  return segments[0]!.start / timescale;
}

function endOf({ start, duration }: ListedSegment): number {
  return start + duration;
}

function longestMs({ tracks, fragmentMs }: ManifestFacts): number {
  const lengths = tracks.flatMap(({ segments, timescale }) =>
    segments.map(({ duration }) => (duration * 1000) / timescale),
  );
  return Math.max(fragmentMs, ...lengths);
}

function period(ms: number): string {
  return `PT${(ms / 1000).toFixed(3)}S`;
}

function escapeXml(text: string): string {
  return encodeURI(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
}
