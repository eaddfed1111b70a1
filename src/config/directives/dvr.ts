// dvr { }: recording (spec config 3.6).

import { block, flag, float, int, list, template, word } from './row.ts';

export const dvr = block(
  { says: 'Record streams to files.', since: '1', reload: 'applied', support: 'works' },
  {
    enabled: flag(false, { says: 'Record.', reload: 'applied', since: '1' }),
    dvr_apply: list({
      says: 'Streams to record, app/stream; all, or nothing said, is every stream.',
      reload: 'applied',
      since: '3',
      env: false,
      example: 'all',
    }),
    dvr_plan: word(['session', 'segment'], 'session', 'session', {
      says: 'session is one file per publish, segment a new file every dvr_duration.',
      reload: 'applied',
      since: '1',
    }),
    dvr_path: template('./objs/nginx/html/[app]/[stream].[timestamp].flv', {
      says: 'The file, .flv or .mp4; also [vhost], [2006] [01] [02] [15] [04] [05] [999].',
      reload: 'applied',
      since: '1',
    }),
    dvr_duration: int(30, {
      says: 'Length of a file of plan segment.',
      unit: 's',
      reload: 'applied',
      since: '1',
    }),
    dvr_wait_keyframe: flag(true, { says: 'Cut only at key frames.', reload: 'applied', since: '1' }),
    dvr_repair: float(60, {
      says: 'Recordings that a killed server left as .tmp are completed when nobody has written them for so long, 0 never.',
      unit: 's',
      reload: 'applied',
      since: 'tsrs',
    }),
    time_jitter: word(['full', 'zero', 'off'], 'full', 'off', {
      says: 'Timestamps in the file, as in play.time_jitter.',
      reload: 'applied',
      since: '1',
    }),
  },
);
