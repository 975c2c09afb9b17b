/** For code scanners and editors. https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { ERRORS, type Severity } from '../../../fhir/outcome.ts'
import type { LocatedIssue } from '../check.ts'
import { STDIN } from '../sources.ts'
import type { Format } from './format.ts'

const LEVELS: Readonly<Record<Severity, string>> = {
  fatal: 'error',
  error: 'error',
  warning: 'warning',
  information: 'note',
}

/** One run; its rules are the codes of the hub. */
export function sarif(): Format {
  let before = '\n'
  return {
    begin: () =>
      `{"$schema":"${SCHEMA}","version":"2.1.0","runs":[{"tool":${JSON.stringify(TOOL)},"columnKind":"utf16CodeUnits","results":[`,
    verdict({ file, issues }) {
      const results = issues.map((issue) => {
        const one = before + JSON.stringify(resultOf(issue, uriOf(file)))
        before = ',\n'
        return one
      })
      return results.join('')
    },
    end: () => '\n]}]}\n',
  }
}

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'
const TOOL = {
  driver: {
    name: 'nwd validate',
    rules: Object.entries(ERRORS).map(([id, [, , text]]) => ({ id, shortDescription: { text } })),
  },
}

const resultOf = ({ severity, detail, text, expression, position }: LocatedIssue, uri: string) => ({
  ruleId: detail,
  level: LEVELS[severity],
  message: { text },
  locations: [
    {
      physicalLocation: {
        artifactLocation: { uri },
        region: { startLine: position.line, startColumn: position.column },
      },
      ...(expression ? { logicalLocations: [{ fullyQualifiedName: expression }] } : {}),
    },
  ],
})

function uriOf(file: string): string {
  if (file === STDIN) return 'stdin'
  if (path.isAbsolute(file)) return pathToFileURL(file).href
  return file.split(path.sep).map(encodeURIComponent).join('/')
}
