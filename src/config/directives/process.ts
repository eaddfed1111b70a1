// Other programs that read or write streams: transcode { }, ingest { }, exec { } (spec config 3.6).

import type { Facts } from './row.ts';
import { block, blocks, flag, float, free, int, lines, namedBlock, path, text, url, word } from './row.ts';

function applied(says: string, rest: Partial<Facts> = {}): Facts {
  return { says, reload: 'applied', since: '1', ...rest };
}

const engineRows = {
  enabled: flag(false, applied('Run it.')),
  perfile: free(applied('Parameters before the input.', { since: '3', example: 're; rtsp_transport tcp;' })),
  iformat: text('flv', applied('Input format (-f before -i).')),
  vfilter: free(applied('Video filters.', { example: "i ./logo.png; filter_complex 'overlay=10:10';" })),
  vcodec: text('', applied('Video codec; copy passes it through, vn drops it.', { example: 'libx264' })),
  vbitrate: int(0, applied('Video bitrate.', { unit: 'kbps', example: '1500' })),
  vfps: float(0, applied('Frames per second.', { example: '25' })),
  vwidth: int(0, applied('Width.', { unit: 'pixels', example: '768' })),
  vheight: int(0, applied('Height.', { unit: 'pixels', example: '320' })),
  vthreads: int(1, applied('Threads of the encoder.')),
  vprofile: text('', applied('Profile.', { example: 'main' })),
  vpreset: text('', applied('Preset.', { example: 'medium' })),
  vparams: free(applied('More video parameters.', { example: 'g 50; bf 0;' })),
  acodec: text('', applied('Audio codec; copy passes it through, an drops it.', { example: 'aac' })),
  abitrate: int(0, applied('Audio bitrate.', { unit: 'kbps', example: '70' })),
  asample_rate: int(0, applied('Sample rate.', { unit: 'Hz', example: '44100' })),
  achannels: int(0, applied('Audio channels.', { example: '2' })),
  aparams: free(applied('More audio parameters.', { example: 'profile:a aac_low;' })),
  oformat: text('flv', applied('Output format (-f before the output); off leaves it out.')),
  output: url(
    '',
    applied('Where the result goes.', {
      example: 'rtmp://127.0.0.1:[port]/[app]/[stream]_[engine]?vhost=[vhost]',
    }),
  ),
};

export const transcode = namedBlock(
  'scope',
  {
    says: 'Transcode streams by ffmpeg: all of the vhost, of one app, or one app/stream. Only the first block counts.',
    since: '1',
    reload: 'applied',
    support: 'planned',
    env: false,
  },
  {
    enabled: flag(false, applied('Transcode.')),
    ffmpeg: path('', applied('The ffmpeg program.', { example: './objs/ffmpeg/bin/ffmpeg' })),
    engine: blocks(
      'name',
      {
        says: 'One output of the transcoder.',
        since: '1',
        reload: 'applied',
        support: 'planned',
        env: false,
      },
      engineRows,
    ),
  },
);

export const ingest = blocks(
  'id',
  {
    says: 'Fetch a stream by ffmpeg and publish it here.',
    since: '1',
    reload: 'applied',
    support: 'planned',
    env: false,
  },
  {
    enabled: flag(false, applied('Fetch it.')),
    input: block(
      { says: 'What to fetch.', since: '1', reload: 'applied', support: 'planned', checked: false },
      {
        type: word(
          ['file', 'stream'],
          'file',
          'file',
          applied('A file, read at its own speed, or a stream.'),
        ),
        url: url('', applied('The file or stream.', { example: './doc/source.flv' })),
      },
    ),
    ffmpeg: path('', applied('The ffmpeg program.', { example: './objs/ffmpeg/bin/ffmpeg' })),
    engine: blocks(
      'name',
      {
        says: 'What ffmpeg does with it.',
        since: '1',
        reload: 'applied',
        support: 'planned',
        checked: false,
        env: false,
      },
      engineRows,
    ),
  },
);

export const exec = block(
  {
    says: 'Run programs for published streams.',
    since: '3',
    reload: 'applied',
    support: 'planned',
    env: false,
  },
  {
    enabled: flag(false, applied('Run them.', { since: '3' })),
    publish: lines(
      applied('Program and arguments, run while a stream is published.', {
        since: '3',
        example: './objs/ffmpeg/bin/ffmpeg -f flv -i [url] -c copy -y ./[stream].flv',
      }),
    ),
  },
);
