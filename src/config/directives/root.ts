// Directives at the top of the file (spec config 3.2).

import { block, endpoints, flag, float, int, list, path, text, word } from './row.ts';

export const rootRows = {
  listen: endpoints({
    says: 'RTMP endpoints, [IP:]PORT separated by spaces; a bare port listens on all IPv4 addresses.',
    reload: 'applied',
    since: '1',
    example: '1935',
  }),
  pid: path('./objs/srs.pid', {
    says: 'File for the process id; its name with .id keeps the generated server id.',
    reload: 'applied',
    since: '1',
  }),
  daemon: flag(true, { says: 'Run in the background; off in a container.', reload: 'restart', since: '1' }),
  asprocess: flag(false, {
    says: 'Quit when the parent process is gone (supervisors); excludes daemon.',
    reload: 'restart',
    since: '2',
  }),
  work_dir: path('./', {
    says: 'Working directory that all relative paths start from.',
    reload: 'restart',
    since: '2',
  }),
  max_connections: int(1000, {
    says: 'Most connections at a time, RTMP and HTTP together; the server closes what comes beyond.',
    reload: 'live',
    since: '1',
  }),
  chunk_size: int(60000, {
    says: 'Outgoing RTMP chunk size; a vhost may set its own.',
    unit: 'bytes',
    reload: 'new',
    since: '1',
    min: 128,
    max: 65536,
  }),
  srs_log_tank: word(
    ['file', 'console'],
    { text: 'file, and the console too in a container', of: () => undefined },
    'file',
    {
      says: 'Where log lines go.',
      reload: 'applied',
      since: '1',
      env: ['SRS_SRS_LOG_TANK', 'SRS_LOG_TANK'],
      example: 'console',
    },
  ),
  srs_log_level: word(['verbose', 'info', 'trace', 'warn', 'error', 'off'], 'trace', 'off', {
    says: 'Least severe lines that are logged; a word that is none of these switches all lines off.',
    reload: 'applied',
    since: '1',
    env: ['SRS_SRS_LOG_LEVEL', 'SRS_LOG_LEVEL'],
  }),
  srs_log_level_v2: word(
    ['trace', 'debug', 'info', 'warn', 'error', 'off'],
    { text: 'not set', of: () => undefined },
    'off',
    {
      says: 'The same in the level names of SRS 5 (trace is the finest); wins over srs_log_level.',
      reload: 'applied',
      since: '5',
      env: ['SRS_SRS_LOG_LEVEL_V2', 'SRS_LOG_LEVEL_V2'],
      example: 'info',
    },
  ),
  srs_log_file: path('./objs/srs.log', {
    says: 'Log file, appended to, for srs_log_tank file.',
    reload: 'applied',
    since: '1',
    env: ['SRS_SRS_LOG_FILE', 'SRS_LOG_FILE'],
  }),
  log_format: word(['text', 'json'], 'text', 'text', {
    says: 'Log lines as SRS writes them, or one JSON object a line.',
    reload: 'applied',
    since: 'tsrs',
  }),
  utc_time: flag(false, { says: 'Times in log lines are UTC.', reload: 'applied', since: '2' }),
  pithy_print_ms: int(10000, {
    says: 'Interval of the periodic log lines of one kind.',
    unit: 'ms',
    reload: 'applied',
    since: '2',
  }),
  resolver: list({
    says: 'Name servers, IP[:port], that are asked for origins and coworkers, by complete names; default: the system.',
    reload: 'applied',
    since: 'tsrs',
    example: '127.0.0.1:8600',
  }),
  ff_log_dir: path('./objs', {
    says: 'Folder for the logs of ffmpeg processes; /dev/null keeps none.',
    reload: 'new',
    since: '1',
    support: 'planned',
  }),
  ff_log_level: text('info', {
    says: 'Log level passed to ffmpeg (-loglevel).',
    reload: 'new',
    since: '3',
    support: 'planned',
  }),
  server_id: text('', {
    says: 'Identity of this server in the API, hooks and statistics; a random one is kept beside the pid file.',
    reload: 'live',
    since: '4',
    example: 'srs-origin-0',
  }),
  empty_ip_ok: flag(true, {
    says: 'Connections without a peer address (load-balancer probes) are closed without a log line.',
    reload: 'live',
    since: '3',
  }),
  in_docker: flag(false, {
    says: 'Treat this as a container when that is not detected.',
    reload: 'restart',
    since: '4',
  }),
  disable_daemon_for_docker: flag(true, {
    says: 'In a container, stay in the foreground whatever daemon says.',
    reload: 'restart',
    since: '3',
  }),
  inotify_auto_reload: flag(false, {
    says: 'Reload when the configuration file changes.',
    reload: 'restart',
    since: '3',
  }),
  auto_reload_for_docker: flag(true, {
    says: 'In a container, reload when the configuration file changes.',
    reload: 'restart',
    since: '3',
  }),
  grace_start_wait: int(2300, {
    says: 'Graceful quit: wait so long before the listeners close.',
    unit: 'ms',
    reload: 'live',
    since: '3',
  }),
  grace_final_wait: int(3200, {
    says: 'Graceful quit: wait so long after the last connection.',
    unit: 'ms',
    reload: 'live',
    since: '3',
  }),
  force_grace_quit: flag(false, {
    says: 'SIGTERM quits gracefully, as SIGQUIT does.',
    reload: 'live',
    since: '3',
  }),
  tcmalloc_release_rate: float(0.8, {
    says: 'Memory release rate of tcmalloc, 0 to 10.',
    reload: 'restart',
    since: '4',
    support: 'accepted',
  }),
  query_latest_version: flag(
    true,
    {
      says: 'Ask the SRS project for its newest version; this server never does.',
      reload: 'restart',
      since: '4',
      default7: 'off',
      support: 'accepted',
    },
    'unless-off',
  ),
  first_wait_for_qlv: int(300, {
    says: 'Delay of the first version query.',
    unit: 's',
    reload: 'restart',
    since: '4',
    support: 'accepted',
  }),
  is_full: flag(false, {
    says: 'Marks full.conf: a file that says on is for reading, and the server refuses to start with it.',
    reload: 'restart',
    since: '4',
    env: false,
  }),
};

export const circuitBreaker = block(
  {
    says: 'Load shedding by CPU use.',
    since: '4',
    reload: 'restart',
    support: 'accepted',
    checked: false,
  },
  {
    enabled: flag(true, { says: 'Watch the CPU.', reload: 'restart', since: '4' }),
    high_threshold: int(90, { says: 'High water level.', unit: 'percent', reload: 'restart', since: '4' }),
    high_pulse: int(2, { says: 'Seconds below the high level that end it.', reload: 'restart', since: '4' }),
    critical_threshold: int(95, { says: 'Critical level.', unit: 'percent', reload: 'restart', since: '4' }),
    critical_pulse: int(1, {
      says: 'Seconds below the critical level that end it.',
      reload: 'restart',
      since: '4',
    }),
    dying_threshold: int(99, { says: 'Dying level.', unit: 'percent', reload: 'restart', since: '4' }),
    dying_pulse: int(5, {
      says: 'Seconds above the dying level that start it.',
      reload: 'restart',
      since: '4',
    }),
  },
);

export const threads = block(
  { says: 'Thread settings of SRS 5.', since: '5', reload: 'restart', support: 'accepted', checked: false },
  { interval: int(5, { says: 'Cycle of the thread pool.', unit: 's', reload: 'restart', since: '5' }) },
);
