/** The imports of a TypeScript file, read from its text. */

export type Import = {
  readonly to: string
  readonly line: number
  /** `import type`: gone at run time. */
  readonly typeOnly: boolean
  /** `import('...')`: loaded when it is reached, not before. */
  readonly lazy: boolean
}

const IMPORT =
  /^[ \t]*(?:import|export)\b(?<types> type\b)?[^'";]*?\bfrom\s*['"](?<from>[^'"]+)['"]|^[ \t]*import\s*['"](?<bare>[^'"]+)['"]|\bimport\(\s*['"](?<lazy>[^'"]+)['"]\s*\)/gm

/** Comments are left out: what prose says about imports is none. */
export function importsIn(source: string): Import[] {
  const code = withoutComments(source)
  return [...code.matchAll(IMPORT)].map(({ groups = {}, index }) => ({
    to: groups.from ?? groups.bare ?? groups.lazy ?? '',
    line: code.slice(0, index).split('\n').length,
    typeOnly: groups.types !== undefined,
    lazy: groups.lazy !== undefined,
  }))
}

/** The same number of lines, with nothing where comments stood. */
export function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|^[ \t]*\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, ''))
}
