// Streams as files for HTTP: hls { }, dash { }, hds { } (spec config 3.6).

import type { DefaultScope, DependentDefault } from './row.ts';
import { block, flag, float, int, path, template, text, url, word } from './row.ts';

const HLS_RAM = 'HLS RAM is removed in SRS3+, read https://github.com/ossrs/srs/issues/513.';

const sameAsHlsPath: DependentDefault<string> = {
  text: 'hls_path',
  of: ({ block: own }) => String(own.hls_path),
};

/**
 * An edge on which nobody says anything about HLS serves it as it serves the other protocols: what is asked for, when
 * it is asked for, as soon as there is one group of pictures of it. Defaults for that case, beside those of SRS.
 * A segment's length is counted to its last frame: with 1.5 s, key frames every second or two make segments of 2 s.
 */
function onSilentEdge<T extends boolean | number>(silent: T, written: T, unit = ''): DependentDefault<T> {
  const show = (value: T) => (typeof value === 'number' ? `${value}${unit}` : value ? 'on' : 'off');
  return {
    text: `${show(written)}, on an edge without hls { } ${show(silent)}`,
    of: (scope) => (isSilentEdge(scope) ? silent : written),
    written,
  };
}

/** Live streams that are mounted as .ts have the names of segments: there HLS has to be wanted. */
function isSilentEdge({ vhost, isWritten }: DefaultScope): boolean {
  const { cluster, http_remux: remux } = vhost as {
    cluster?: { mode?: unknown };
    http_remux?: { enabled?: unknown; mount?: unknown };
  };
  const isTsMount = remux?.enabled === true && String(remux.mount).endsWith('.ts');
  return !isWritten && cluster?.mode === 'remote' && !isTsMount;
}

export const hls = block(
  { says: 'HLS: a playlist and TS segments per stream.', since: '1', reload: 'applied' },
  {
    enabled: flag(onSilentEdge(true, false), { says: 'Write HLS.', reload: 'applied', since: '1' }),
    hls_fragment: float(onSilentEdge(1.5, 10, ' s'), {
      says: 'Wanted length of a segment.',
      unit: 's',
      reload: 'applied',
      since: '1',
    }),
    hls_td_ratio: float(1.5, {
      says: 'Target duration of the playlist in multiples of hls_fragment.',
      reload: 'applied',
      since: '2',
      default7: '1.0',
    }),
    hls_aof_ratio: float(onSilentEdge(8, 2), {
      says: 'A segment without a key frame, or of audio only, is cut after this multiple of hls_fragment.',
      reload: 'applied',
      since: '2',
      default7: '2.1',
    }),
    hls_window: float(onSilentEdge(30, 60, ' s'), {
      says: 'Length of the playlist.',
      unit: 's',
      reload: 'applied',
      since: '1',
    }),
    hls_on_error: word(['ignore', 'disconnect', 'continue'], 'continue', 'continue', {
      says: 'When a segment cannot be written: stop HLS of the stream, disconnect the publisher, or go on.',
      reload: 'live',
      since: '1',
    }),
    hls_memory: flag(onSilentEdge(true, false), {
      says: 'Keep segments and playlist in memory: the HTTP server has them, nothing is written to hls_path.',
      reload: 'applied',
      since: 'tsrs',
    }),
    hls_on_demand: flag(onSilentEdge(true, false), {
      says: 'Cut a stream only while its playlist is asked for: others cost nothing. Sound alone is cut at hls_fragment.',
      reload: 'applied',
      since: 'tsrs',
    }),
    hls_path: path('./objs/nginx/html', {
      says: 'Folder that the files go to.',
      reload: 'applied',
      since: '1',
    }),
    hls_m3u8_file: template('[app]/[stream].m3u8', {
      says: 'Playlist, below hls_path.',
      reload: 'applied',
      since: '2',
    }),
    hls_ts_file: template('[app]/[stream]-[seq].ts', {
      says: 'Segment, below hls_path; also [timestamp], [duration], [2006] [01] [02] [15] [04] [05] [999].',
      reload: 'applied',
      since: '2',
    }),
    hls_use_fmp4: flag(false, {
      says: 'Segments are fragmented MP4 instead of MPEG-TS; not with hls_keys.',
      reload: 'applied',
      since: '7',
    }),
    hls_fmp4_file: template('[app]/[stream]-[seq].m4s', {
      says: 'Segment of fMP4, below hls_path; variables as in hls_ts_file.',
      reload: 'applied',
      since: '7',
    }),
    hls_init_file: template('[app]/[stream]/init.mp4', {
      says: 'Initialisation segment of fMP4, below hls_path.',
      reload: 'applied',
      since: '7',
    }),
    hls_ts_floor: flag(false, {
      says: 'Cut segments on the wall clock, so that servers agree on their names.',
      reload: 'applied',
      since: '2',
    }),
    hls_entry_prefix: text('', {
      says: 'Put before every segment in the playlist (another host).',
      reload: 'applied',
      since: '2',
      example: 'http://cdn.example.com',
    }),
    hls_acodec: word(['aac', 'mp3', 'an'], 'aac', 'aac', {
      says: 'Audio assumed until the stream says; an is none.',
      reload: 'applied',
      since: '2',
    }),
    hls_vcodec: word(['h264', 'h265', 'vn'], 'h264', 'h264', {
      says: 'Video assumed until the stream says; vn is none.',
      reload: 'applied',
      since: '2',
    }),
    hls_cleanup: flag(true, {
      says: 'Remove segments that left the playlist.',
      reload: 'applied',
      since: '2',
    }),
    hls_dispose: int(0, {
      says: 'Remove all files of a stream that ended so long ago, 0 never.',
      unit: 's',
      reload: 'applied',
      since: '2',
      default7: '120',
    }),
    hls_nb_notify: int(64, {
      says: 'Most bytes of an on_hls_notify answer that are read.',
      support: 'planned',
      reload: 'applied',
      since: '2',
    }),
    hls_wait_keyframe: flag(true, { says: 'Cut only at key frames.', reload: 'applied', since: '2' }),
    hls_dts_directly: flag(true, {
      says: "Take the stream's timestamps as they are.",
      reload: 'applied',
      since: '3',
    }),
    hls_keys: flag(
      false,
      { says: 'Encrypt segments (AES-128).', reload: 'applied', since: '3' },
      'unless-off',
    ),
    hls_fragments_per_key: int(5, { says: 'Segments that share a key.', reload: 'applied', since: '3' }),
    hls_key_file: template('[app]/[stream]-[seq].key', {
      says: 'Key file, below hls_key_file_path.',
      reload: 'applied',
      since: '3',
    }),
    hls_key_file_path: path(sameAsHlsPath, {
      says: 'Folder that the keys go to.',
      reload: 'applied',
      since: '3',
      example: './objs/nginx/html',
    }),
    hls_key_url: url(sameAsHlsPath, {
      says: 'Put before the key in the playlist.',
      reload: 'applied',
      since: '3',
      example: 'https://keys.example.com',
    }),
    hls_ctx: flag(true, {
      says: 'Count playlist readers as clients, by a master playlist.',
      reload: 'live',
      since: '5',
    }),
    hls_ts_ctx: flag(true, {
      says: 'Count the bytes of segments as well: their URLs name the client.',
      reload: 'live',
      since: '5',
    }),
    hls_wait_for_stream: float(0, {
      says: 'How long a request for a playlist that is not there waits for it before it gets 404. On an edge at least 5 s; a stream that has come by then, and is cut only because it is asked for, has the time of three segments more, or of one without key frames.',
      unit: 's',
      reload: 'live',
      since: 'tsrs',
    }),
    hls_storage: text('', {
      says: 'HLS in memory of SRS 2.',
      removed: HLS_RAM,
      reload: 'live',
      since: '2',
      env: false,
      support: 'accepted',
      example: 'disk',
    }),
    hls_mount: text('', {
      says: 'HLS in memory of SRS 2.',
      removed: HLS_RAM,
      reload: 'live',
      since: '2',
      env: false,
      support: 'accepted',
      example: '[vhost]/[app]/[stream].m3u8',
    }),
  },
);

export const dash = block(
  {
    says: 'MPEG-DASH: a manifest and fragments per stream.',
    since: '3',
    reload: 'applied',
    support: 'works',
  },
  {
    enabled: flag(false, { says: 'Write DASH.', reload: 'applied', since: '3' }),
    dash_fragment: float(30, {
      says: 'Wanted length of a fragment.',
      unit: 's',
      reload: 'applied',
      since: '3',
      default7: '10',
    }),
    dash_update_period: float(150, {
      says: 'How often the manifest is to be read again.',
      unit: 's',
      reload: 'applied',
      since: '3',
      default7: '5',
    }),
    dash_timeshift: float(300, { says: 'Length of the manifest.', unit: 's', reload: 'applied', since: '3' }),
    dash_path: path('./objs/nginx/html', {
      says: 'Folder that the files go to.',
      reload: 'applied',
      since: '3',
    }),
    dash_mpd_file: template('[app]/[stream].mpd', {
      says: 'Manifest, below dash_path.',
      reload: 'applied',
      since: '3',
    }),
    dash_window_size: int(5, { says: 'Fragments in the manifest.', reload: 'applied', since: '5' }),
    dash_cleanup: flag(true, {
      says: 'Remove fragments that left the manifest.',
      reload: 'applied',
      since: '5',
    }),
    dash_dispose: int(0, {
      says: 'Remove all files of a stream that ended so long ago, 0 never.',
      unit: 's',
      reload: 'applied',
      since: '5',
      default7: '120',
    }),
  },
);

export const hds = block(
  {
    says: 'Adobe HDS; SRS builds it only on demand.',
    since: '2',
    reload: 'applied',
    support: 'accepted',
    checked: false,
  },
  {
    enabled: flag(false, { says: 'Write HDS.', reload: 'applied', since: '2' }),
    hds_fragment: float(10, { says: 'Length of a fragment.', unit: 's', reload: 'applied', since: '2' }),
    hds_window: float(60, { says: 'Length of the window.', unit: 's', reload: 'applied', since: '2' }),
    hds_path: path('./objs/nginx/html', {
      says: 'Folder that the files go to.',
      reload: 'applied',
      since: '2',
    }),
  },
);
