// Programs of the operating system. A missing one fails the test with the command that installs it: a peer
// test that is skipped silently proves nothing.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export function debianProgram(program: string, debianPackage: string): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  const path = folders.map((folder) => join(folder, program)).find(isExecutable);
  if (!path) throw missingPackage(program, debianPackage);
  return path;
}

export function missingPackage(what: string, debianPackage: string): Error {
  return new Error(`${what} is missing: apt-get install -y --no-install-recommends ${debianPackage}`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
