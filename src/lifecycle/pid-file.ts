// The pid file: who runs on this configuration. SRS holds a lock on it, which Node cannot; here the sign of a
// running owner is that the process named in the file is alive and has the file open.

import fs from 'node:fs';
import path from 'node:path';

const FILE_MODE = 0o644;
/** Longer than any process id. */
const MAX_PID_BYTES = 32;

/** The file cannot be had. `message` is the last part of SRS's text. */
export class PidFileError extends Error {
  readonly srsCode: number;

  constructor(srsCode: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.srsCode = srsCode;
  }
}

const OPEN_FAILED = 1034;
const ALREADY_RUNNING = 1035;

export class PidFile {
  readonly path: string;
  #fd: number | undefined;

  private constructor(file: string, fd: number) {
    this.path = file;
    this.#fd = fd;
  }

  /** Opens the file, makes sure that no other running process owns it, and writes `pid` into it. */
  static acquire(file: string, pid: number): PidFile {
    const fd = open(file);
    try {
      const owner = readPid(fd);
      if (owner !== undefined && owner !== pid && isOwner(owner, fd)) {
        throw new PidFileError(ALREADY_RUNNING, 'srs is already running');
      }
      fs.ftruncateSync(fd, 0);
      fs.writeSync(fd, String(pid), 0);
    } catch (error) {
      fs.closeSync(fd);
      if (error instanceof PidFileError) throw error;
      throw new PidFileError(OPEN_FAILED, `open pid file=${file}`, error);
    }
    return new PidFile(file, fd);
  }

  /** Gives up the ownership; the file stays, as SRS leaves it. May be called twice. */
  release(): void {
    if (this.#fd !== undefined) fs.closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/** A missing folder is made, as for the log file. */
function open(file: string): number {
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    return fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT, FILE_MODE);
  } catch (error) {
    throw new PidFileError(OPEN_FAILED, `open pid file=${file}`, error);
  }
}

function readPid(fd: number): number | undefined {
  const bytes = Buffer.alloc(MAX_PID_BYTES);
  const length = fs.readSync(fd, bytes, 0, bytes.length, 0);
  const pid = Number.parseInt(bytes.toString('latin1', 0, length), 10);
  return pid > 0 ? pid : undefined;
}

/** Process ids are used again: after a crash the number may belong to anybody. */
function isOwner(pid: number, fd: number): boolean {
  if (!isAlive(pid)) return false;
  const { dev, ino } = fs.fstatSync(fd);
  try {
    return fs.readdirSync(`/proc/${pid}/fd`).some((entry) => isFile(`/proc/${pid}/fd/${entry}`, dev, ino));
  } catch (error) {
    // Not allowed to look (another user's process), or no /proc: being alive has to do.
    return (error as NodeJS.ErrnoException).code !== 'ENOENT' || !fs.existsSync('/proc/self');
  }
}

function isFile(link: string, dev: number, ino: number): boolean {
  const stat = fs.statSync(link, { throwIfNoEntry: false });
  return stat?.dev === dev && stat.ino === ino;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
