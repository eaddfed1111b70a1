// Collects the diagnostics of the checks, with SRS's description where SRS refuses as well.

import type { Diagnostic, DiagnosticCode } from '../diagnostic.ts';
import { error, warning } from '../diagnostic.ts';
import type { Position } from '../syntax/tree.ts';

export class Report {
  readonly diagnostics: Diagnostic[] = [];

  /** An error with SRS's text `core`; `more` is added for people only. */
  refuse(code: DiagnosticCode, at: Position, core: string, hint?: string, chain = 'check normal : '): void {
    const advice = hint === undefined ? {} : { hint };
    this.diagnostics.push(error(code, at, core, { srs: `${chain}${core}`, ...advice }));
  }

  warn(code: DiagnosticCode, at: Position, message: string, hint?: string): void {
    this.diagnostics.push(warning(code, at, message, hint));
  }
}
