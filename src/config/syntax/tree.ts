// The parsed file: an immutable tree of directives that remember where they stand.

export interface Position {
  /** As named by the user or by `include`. */
  readonly file: string;
  /** From 1; only LF ends a line, as in SRS. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
}

export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly at: Position;
  /** Where each argument starts. */
  readonly argsAt: readonly Position[];
  /** Written with braces. */
  readonly isBlock: boolean;
  /** In the order of the file. */
  readonly children: readonly Directive[];
}

/** The first child of that name: in srs.conf the first one wins (spec config 1.2). */
export function firstChild(parent: Directive | undefined, name: string): Directive | undefined {
  return parent?.children.find((child) => child.name === name);
}

export function childrenNamed(parent: Directive | undefined, name: string): readonly Directive[] {
  return parent?.children.filter((child) => child.name === name) ?? [];
}

/** The directive that holds the directives of a file. */
export function rootOf(file: string, children: readonly Directive[]): Directive {
  return { name: '', args: [], at: { file, line: 1, column: 1 }, argsAt: [], isBlock: true, children };
}
