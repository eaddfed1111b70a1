// Every option of the bench as one row: the parser and the help text come from here.

export interface OptionRow {
  readonly name: string;
  /** Name of the value in the help; absent for a switch. */
  readonly value?: string;
  readonly fallback?: string;
  /** May be given several times. */
  readonly multiple?: true;
  readonly text: string;
}

export interface OptionGroup {
  readonly title: string;
  readonly rows: readonly OptionRow[];
}

export const OPTION_GROUPS = [
  {
    title: 'Load',
    rows: [
      { name: 'viewers', value: 'N', fallback: '300', text: 'viewers, dealt to the streams in turn' },
      { name: 'protocol', value: 'NAME', fallback: 'rtmp', text: 'how they play: rtmp, flv, ws or hls' },
      { name: 'publishers', value: 'N', fallback: '1', text: 'published streams' },
      { name: 'bitrate', value: 'KBPS', fallback: '1100', text: 'of each stream, audio and video' },
      { name: 'source', value: 'FILE', text: 'FLV file to publish instead of the generated one' },
      {
        name: 'write-rate',
        value: 'N',
        fallback: '0',
        text: 'writes a second per publisher; 0: one per message, as ffmpeg does',
      },
      { name: 'chunk-size', value: 'BYTES', fallback: '60000', text: 'RTMP chunk size of the publishers' },
      { name: 'min-latency', text: 'servers send each message at once (min_latency on)' },
      { name: 'merged-read', text: 'servers read publishers in slices (publish { mr on; })' },
      { name: 'hls-on', text: 'servers write HLS, whatever the viewers play' },
      { name: 'slow', value: 'K', fallback: '0', text: 'of the viewers read too slowly' },
      {
        name: 'slow-rate',
        value: 'SHARE',
        fallback: '0.1',
        text: 'of the rate that these read; 0: they stop reading',
      },
      { name: 'ffmpeg', value: 'N', fallback: '0', text: 'real ffmpeg viewers beside them' },
    ],
  },
  {
    title: 'Run',
    rows: [
      { name: 'duration', value: 'SEC', fallback: '20', text: 'length of the measured window' },
      {
        name: 'settle',
        value: 'SEC',
        fallback: '4',
        text: 'pause before the idle reading and before the window',
      },
      { name: 'runs', value: 'N', fallback: '3', text: 'of each server, in turn: A B A B' },
      { name: 'ramp', value: 'N', fallback: '400', text: 'connections started per second' },
      {
        name: 'check',
        value: 'N',
        fallback: '100',
        text: 'viewers that check all they get; "all" for every one',
      },
      {
        name: 'max-first',
        value: 'MS',
        fallback: '500',
        text: 'largest first timestamp that counts as near zero',
      },
      { name: 'processes', value: 'N', text: 'viewer processes; default: one per 5000 viewers' },
      {
        name: 'wait-quiet',
        value: 'SEC',
        fallback: '0',
        text: 'before a run, wait up to so long until the machine is idle',
      },
      { name: 'syscalls', text: 'count system calls with strace for 3 s after the window' },
      {
        name: 'profile',
        value: 'DIR',
        text: 'CPU profile of Node servers over the window, and its top functions',
      },
      { name: 'json', value: 'FILE', text: 'write all figures there' },
      { name: 'keep', text: "keep the servers' folders (configuration, logs)" },
    ],
  },
  {
    title: 'Servers',
    rows: [
      { name: 'no-ours', text: 'measure the peers only' },
      { name: 'main', value: 'FILE', text: 'our main.js; default: dist/main.js, built first' },
      { name: 'node', value: 'FILE', text: 'Node.js program that runs ours' },
      {
        name: 'node-args',
        value: 'ARGS',
        fallback: '',
        text: 'its arguments, such as --max-semi-space-size=4',
      },
      {
        name: 'peer',
        value: 'NAME',
        multiple: true,
        text: 'also measure nginx-rtmp or nms (Node-Media-Server)',
      },
      { name: 'peer-main', value: 'FILE', text: 'also measure another build of ours' },
      {
        name: 'peer-exe',
        value: 'PATH',
        multiple: true,
        text: 'also measure this program, with the same srs.conf',
      },
      {
        name: 'peer-conf',
        value: 'FILE',
        multiple: true,
        text: 'template of its configuration instead; see README.md',
      },
      { name: 'peer-name', value: 'NAME', multiple: true, text: 'its name in the table' },
      { name: 'peer-args', value: 'ARGS', multiple: true, text: 'its arguments (-c {{conf}})' },
      {
        name: 'peer-flv-path',
        value: 'PATH',
        multiple: true,
        text: 'of its HTTP-FLV streams (/{{app}}/{{stream}}.flv)',
      },
      {
        name: 'peer-hls-path',
        value: 'PATH',
        multiple: true,
        text: 'of its HLS streams (/{{app}}/{{stream}}.m3u8)',
      },
      {
        name: 'url',
        value: 'URL',
        text: 'a server of this machine that runs already, instead of ours: rtmp://127.0.0.1/live',
      },
      { name: 'pid', value: 'PID', text: 'its process, for CPU and memory' },
      { name: 'http-port', value: 'PORT', fallback: '8080', text: 'its HTTP port' },
    ],
  },
  {
    title: 'Other',
    rows: [
      { name: 'micro', text: 'run the micro-benchmarks instead' },
      { name: 'save-baseline', text: 'store their results as the new baseline' },
      { name: 'help', text: 'this text' },
    ],
  },
] as const satisfies readonly OptionGroup[];

type Row = (typeof OPTION_GROUPS)[number]['rows'][number];
export type OptionName = Row['name'];

export const OPTION_ROWS: readonly OptionRow[] = OPTION_GROUPS.flatMap(
  (group): readonly OptionRow[] => group.rows,
);
