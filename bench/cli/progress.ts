// One line on the terminal that changes in place; where there is no terminal, one line per stage.

export class Progress {
  private readonly isTerminal = process.stderr.isTTY === true;
  private stage = '';

  /** `stage` names what is going on, `detail` how far it is. */
  show(stage: string, detail = ''): void {
    if (this.isTerminal) process.stderr.write(`\r\x1b[K${stage} ${detail}`);
    else if (stage !== this.stage) process.stderr.write(`${stage} ${detail}\n`);
    this.stage = stage;
  }

  /** A line that stays. */
  print(line: string): void {
    process.stderr.write(`${this.isTerminal ? '\r\x1b[K' : ''}${line}\n`);
    this.stage = '';
  }

  clear(): void {
    if (this.isTerminal) process.stderr.write('\r\x1b[K');
  }
}
