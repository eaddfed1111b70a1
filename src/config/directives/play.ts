// play { } and publish { }: how viewers are served and publishers are read (spec config 3.6).

import { block, flag, float, int, word } from './row.ts';

export const play = block(
  { says: 'How viewers are served.', since: '1', reload: 'applied' },
  {
    gop_cache: flag(true, {
      says: 'Keep the last group of pictures, so that a new viewer sees a picture at once.',
      reload: 'applied',
      since: '1',
    }),
    gop_cache_max_frames: int(2500, {
      says: 'Largest number of messages in that cache; a stream without key frames would fill the memory.',
      unit: 'frames',
      reload: 'applied',
      since: '5',
    }),
    queue_length: int(30, {
      says: 'How far a slow viewer may lag before it skips to a key frame.',
      unit: 's',
      reload: 'applied',
      since: '1',
    }),
    time_jitter: word(['full', 'zero', 'off'], 'full', 'off', {
      says: 'Timestamps of a viewer: full starts near 0 and stays monotonic, zero only starts at 0, off changes nothing.',
      reload: 'applied',
      since: '1',
    }),
    atc: flag(false, {
      says: "Keep the publisher's absolute timestamps.",
      reload: 'applied',
      since: '1',
    }),
    atc_auto: flag(false, {
      says: "Switch atc on when the publisher's metadata asks for it (bravo_atc).",
      reload: 'live',
      since: '1',
    }),
    mix_correct: flag(false, {
      says: 'Reorder audio and video by timestamp for publishers that mix them badly.',
      reload: 'new',
      since: '2',
    }),
    mw_latency: int(350, {
      says: 'Merged write: messages are collected so long before they are sent.',
      unit: 'ms',
      reload: 'applied',
      since: '2',
    }),
    mw_msgs: int(
      {
        text: '8, and 0 with min_latency on',
        of: ({ vhost }) => (vhost.min_latency === true ? 0 : 8),
      },
      {
        says: 'Merged write: at least so many messages are collected.',
        unit: 'messages',
        reload: 'applied',
        since: '4',
        support: 'accepted',
        example: '8',
        max: 128,
      },
    ),
    send_min_interval: float(0, {
      says: 'Least time between two packets of a viewer, for players that cannot take bursts.',
      unit: 'ms',
      reload: 'applied',
      since: '2',
      support: 'accepted',
    }),
    reduce_sequence_header: flag(false, {
      says: 'Do not repeat a sequence header that did not change.',
      reload: 'live',
      since: '2',
    }),
  },
);

export const publish = block(
  { says: 'How publishers are read.', since: '2', reload: 'applied' },
  {
    mr: flag(false, {
      says: 'Merged read: read a publisher in slices, which costs latency and saves CPU.',
      reload: 'applied',
      since: '2',
    }),
    mr_latency: int(350, {
      says: 'Merged read: length of a slice.',
      unit: 'ms',
      reload: 'applied',
      since: '2',
    }),
    firstpkt_timeout: int(20000, {
      says: 'Time for the first packet of a publisher.',
      unit: 'ms',
      reload: 'applied',
      since: '2',
    }),
    normal_timeout: int(5000, {
      says: 'Silence that ends a publisher.',
      unit: 'ms',
      reload: 'applied',
      since: '2',
    }),
    grace: float(0, {
      says: 'A publisher that is gone, but was not kicked off, may come back within so long: viewers stay, HLS and forwards go on; 0 ends the stream at once.',
      unit: 's',
      reload: 'applied',
      since: 'tsrs',
    }),
    parse_sps: flag(true, {
      says: 'Read the picture size from the sequence header.',
      reload: 'live',
      since: '2',
      support: 'planned',
    }),
    try_annexb_first: flag(true, {
      says: 'Try Annex B before AVCC when NAL units are read.',
      reload: 'live',
      since: '5',
      support: 'accepted',
    }),
    kickoff_for_idle: float(0, {
      says: 'Disconnect a publisher that nobody watches for so long, 0 never; excludes forward.',
      unit: 's',
      reload: 'live',
      since: '5',
    }),
  },
);
