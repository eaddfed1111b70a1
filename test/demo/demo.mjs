// `npm run demo`: the server on conf/srs.conf and a looping test picture published to it, until Ctrl-C.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findFfmpegTool } from '../../dist/process/ffmpeg-binary.js';

const root = resolve(import.meta.dirname, '../..');
const rtmpPort = 1935;
const httpPort = 8080;
const stream = 'live/livestream';

const found = findFfmpegTool('ffmpeg');
if (!found) {
  console.error('demo: no ffmpeg for this platform in the npm packages; install one or set FFMPEG_BIN');
  process.exit(1);
}
const ffmpeg = found;
if (await isListening(rtmpPort)) {
  console.error(`demo: something listens on port ${rtmpPort} already; end it first`);
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'tsrs-demo-'));
let isEnding = false;
/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();

/**
 * Runs a program to its end; the terminal's Ctrl-C reaches it as it reaches us.
 * @param {string} file
 * @param {string[]} args
 * @returns {Promise<number>} its exit code
 */
function run(file, args) {
  const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  children.add(child);
  return new Promise((resolve) => {
    child.once('error', (error) => console.error(`demo: ${error.message}`));
    child.once('close', (code) => {
      children.delete(child);
      resolve(code ?? 1);
    });
  });
}

/** @param {number} port */
function isListening(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
    socket.once('connect', () => socket.end());
  });
}

/** One encoding, ten seconds; publishing copies it, so the demo costs next to nothing. */
function makeClip(/** @type {string} */ path) {
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25'];
  const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:beep_factor=2:sample_rate=44100'];
  const video = '-c:v libx264 -preset veryfast -pix_fmt yuv420p -b:v 1500k -g 50 -keyint_min 50 -bf 0';
  const audio = '-c:a aac -b:a 96k -ac 2 -t 10 -y';
  return run(ffmpeg, [
    '-v',
    'error',
    '-nostdin',
    ...picture,
    ...tone,
    ...`${video} ${audio}`.split(' '),
    path,
  ]);
}

async function publishForever(/** @type {string} */ clip) {
  const target = `rtmp://127.0.0.1:${rtmpPort}/${stream}`;
  while (!isEnding) {
    const loop = ['-re', '-stream_loop', '-1', '-i', clip];
    await run(ffmpeg, ['-v', 'error', '-nostdin', ...loop, '-c', 'copy', '-f', 'flv', target]);
    if (!isEnding) await delay(1000); // the server was restarted, or somebody else publishes: try again
  }
}

function printUrls() {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
  const lines = ['127.0.0.1', ...addresses].flatMap((host) => [
    `  rtmp://${host}/${stream}`,
    `  http://${host}:${httpPort}/${stream}.flv`,
  ]);
  console.log(`\nThe demo stream is on air. Open one of these in VLC or with ffplay:\n${lines.join('\n')}`);
  console.log('Ctrl-C ends the server and the stream.\n');
}

function end() {
  isEnding = true;
  for (const child of children) child.kill('SIGTERM');
}
process.on('SIGINT', end);
process.on('SIGTERM', end);

const clip = join(folder, 'demo.flv');
let exitCode = await makeClip(clip);
if (exitCode === 0 && !isEnding) {
  let hasEnded = false;
  const server = run(process.execPath, ['dist/main.js', '-c', 'conf/srs.conf']).then((code) => {
    hasEnded = true;
    if (!isEnding) exitCode = code || 1; // its own message, on the screen or in its log, says why
    end();
  });
  while (!hasEnded && !isEnding && !(await isListening(rtmpPort))) await delay(100);
  if (!hasEnded && !isEnding) {
    printUrls();
    await publishForever(clip);
  }
  await server;
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = exitCode;
