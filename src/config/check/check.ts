// All checks of a parsed configuration, in the order of SRS.

import type { Config } from '../config.ts';
import type { Diagnostic } from '../diagnostic.ts';
import type { Environment } from '../environment.ts';
import type { Directive } from '../syntax/tree.ts';
import { checkEndpoints } from './endpoints.ts';
import { checkEnvironment } from './environment.ts';
import { checkCasterAndVhostNames, checkRootNames } from './names.ts';
import { startOf } from './position.ts';
import { Report } from './report.ts';
import type { Host } from './rules.ts';
import {
  checkConnections,
  checkFull,
  checkHttpEndpoints,
  checkHttpsAlone,
  checkListen,
  checkProcess,
  checkStatistics,
  checkVhostSense,
  checkVhosts,
} from './rules.ts';
import { checkSupport } from './support.ts';
import { checkValues } from './values.ts';

export interface CheckInput {
  /** Settings read from `tree`, whatever is wrong with it. */
  readonly config: Config;
  /** Old forms rewritten. */
  readonly tree: Directive;
  readonly env: Environment;
  readonly host: Host;
  /** The tree is what could be saved of a file with syntax errors: only names and values are checked. */
  readonly isDamaged: boolean;
}

/** The first error is the one SRS would fail with. */
export function check({ config, tree, env, host, isDamaged }: CheckInput): readonly Diagnostic[] {
  const report = new Report();
  if (tree.children.length === 0 && !isDamaged) {
    report.refuse('empty', startOf(tree), 'conf is empty', 'there is no directive in it');
    return report.diagnostics;
  }
  checkRootNames(tree, report);
  if (!isDamaged) {
    checkListen(config, tree, report);
    checkStatistics(config, tree, host, report);
  }
  checkCasterAndVhostNames(tree, report);
  if (!isDamaged) {
    checkVhosts(config, tree, report);
    checkProcess(config, tree, report);
    checkConnections(config, tree, host, report);
    checkFull(config, tree, report);
    // From here on what SRS lets pass; its own failures stay the first ones.
    checkHttpEndpoints(config, tree, report);
    checkEndpoints(config, tree, report);
    checkHttpsAlone(config, tree, report);
    checkVhostSense(config, tree, report);
  }
  checkValues(tree, report);
  checkSupport(tree, report);
  checkEnvironment(env, report);
  return report.diagnostics;
}
