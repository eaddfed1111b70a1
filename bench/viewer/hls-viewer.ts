// An HLS viewer without its socket: which request comes next, and what the answers hold.

import { findStamp } from '../source/stamp.ts';
import { type HttpHead, HttpReader } from '../wire/http-reader.ts';
import { parsePlaylist, type Segment } from '../wire/m3u8.ts';
import { type TsFrame, TsReader } from '../wire/ts-reader.ts';
import type { HttpTarget } from './http-target.ts';
import type { CreateProtocol, ViewerLink, ViewerProtocol } from './viewer.ts';

/** Where players start: RFC 8216, 6.3.3. */
const START_FROM_END = 3;
const RETRY_MS = 500;
const MAX_PLAYLIST_BYTES = 256 * 1024;

export function hlsViewer(target: HttpTarget): CreateProtocol {
  return (link) => new HlsSession(target, link);
}

export class HlsSession implements ViewerProtocol {
  readonly mustParse = true;
  private readonly target: HttpTarget;
  private readonly link: ViewerLink;
  private readonly http: HttpReader;
  private path: string;
  private playlistPath: string;
  private text = '';
  private status = 0;
  private isPlaylist = true;
  private ts: TsReader | undefined;
  private queue: Segment[] = [];
  private lastSequence: number | undefined;
  private pollMs = RETRY_MS;

  constructor(target: HttpTarget, link: ViewerLink) {
    this.target = target;
    this.link = link;
    this.path = target.path;
    this.playlistPath = target.path;
    this.http = new HttpReader({
      onHead: (head) => this.startAnswer(head),
      onBody: (data, start, end) => this.takeBody(data, start, end),
      onEnd: () => this.endAnswer(),
    });
  }

  start(): void {
    this.link.write(this.get(this.path));
  }

  feed(data: Buffer, start: number, end: number): void {
    this.http.feed(data, start, end);
  }

  private get(path: string): Buffer {
    this.path = path;
    return Buffer.from(
      `GET ${path} HTTP/1.1\r\nHost: ${this.target.authority}\r\nUser-Agent: tsrs-bench\r\n\r\n`,
    );
  }

  private startAnswer(head: HttpHead): void {
    this.status = head.status;
    this.text = '';
    const isParsed = this.link.isChecked || this.link.watch.firstKeyUs === undefined;
    // Checked viewers read segments whole; the others only until their first key frame.
    if (!this.isPlaylist && isParsed) this.ts = new TsReader((frame) => this.takeFrame(frame));
    else this.ts = undefined;
  }

  private takeBody(data: Buffer, start: number, end: number): void {
    if (this.status !== 200) return;
    if (!this.isPlaylist) {
      this.ts?.feed(data, start, end);
      return;
    }
    this.text += data.toString('latin1', start, end);
    if (this.text.length > MAX_PLAYLIST_BYTES) throw new Error('the playlist is too long');
  }

  private takeFrame(frame: TsFrame): void {
    const { kind, timestampMs, firstPacket } = frame;
    this.link.watch.onFrame(kind, timestampMs, kind === 'audio' ? undefined : findStamp(firstPacket));
  }

  private endAnswer(): void {
    if (this.isPlaylist) this.takePlaylist();
    else if (this.status !== 200) throw new Error(`HTTP status ${this.status} for a segment of the playlist`);
    this.next();
  }

  private takePlaylist(): void {
    if (this.status === 404 && this.lastSequence === undefined) return;
    if (this.status !== 200) throw new Error(`HTTP status ${this.status} for the playlist`);
    const playlist = parsePlaylist(this.text);
    if (playlist.type === 'master') {
      this.playlistPath = resolveUri(this.playlistPath, playlist.uri);
      this.pollMs = 0;
      return;
    }
    this.pollMs = Math.max(RETRY_MS, (playlist.targetSec * 1000) / 2);
    const last = this.lastSequence;
    this.queue =
      last === undefined
        ? playlist.segments.slice(-START_FROM_END)
        : playlist.segments.filter((segment) => segment.sequence > last);
  }

  private next(): void {
    const segment = this.queue.shift();
    this.isPlaylist = segment === undefined;
    if (segment !== undefined) {
      this.lastSequence = segment.sequence;
      this.link.write(this.get(resolveUri(this.playlistPath, segment.uri)));
    } else {
      this.link.writeLater(this.get(this.playlistPath), this.pollMs);
    }
  }
}

function resolveUri(base: string, uri: string): string {
  const url = new URL(uri, new URL(base, 'http://viewer'));
  return url.pathname + url.search;
}
