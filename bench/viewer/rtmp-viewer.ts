// Plays over RTMP.

import { RtmpDialogue, type RtmpTarget } from '../wire/rtmp-dialogue.ts';
import type { CreateProtocol } from './viewer.ts';

const TYPE_VIDEO = 9;

export function rtmpViewer(target: RtmpTarget): CreateProtocol {
  return (link) =>
    new RtmpDialogue('play', target, {
      write: (bytes) => link.write(bytes),
      onReady: () => {},
      onRefused: (reason) => link.fail(`refused: ${reason}`),
      onMedia: (type, timestampMs, lengthBytes, head, headBytes) =>
        link.watch.onMedia(type === TYPE_VIDEO, timestampMs, lengthBytes, head, headBytes),
    });
}
