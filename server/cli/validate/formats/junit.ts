/**
 * For build servers: a test case for each resource, which fails when it is invalid.
 * https://github.com/testmoapp/junitxml
 */
import { isError } from '../../../fhir/outcome.ts'
import type { LocatedIssue, FileVerdict } from '../check.ts'
import type { Format } from './format.ts'

/** A suite tells its number of cases before them, so they are kept for so long. */
const CASES = 1000

export function junit(): Format {
  let cases: string[] = []
  let failures = 0
  const suite = (): string => {
    if (cases.length === 0) return ''
    const head = `<testsuite name="nwd validate" tests="${cases.length}" failures="${failures}" errors="0" skipped="0">`
    const xml = `${head}\n${cases.join('')}</testsuite>\n`
    cases = []
    failures = 0
    return xml
  }
  return {
    begin: () => '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="nwd validate">\n',
    verdict(verdict) {
      cases.push(caseOf(verdict))
      if (!verdict.valid) failures++
      return cases.length === CASES ? suite() : ''
    },
    end: () => `${suite()}</testsuites>\n`,
  }
}

function caseOf({ file, line, resource, issues }: FileVerdict): string {
  const name = line === undefined ? file : `${file}:${line}`
  const head = `<testcase name="${xml(name)}" classname="${xml(resource?.split('/')[0] ?? 'unknown')}"`
  const errors = issues.filter(isError)
  const rest = issues.filter((issue) => !isError(issue))
  const [first] = errors
  const failure = first
    ? `<failure message="${xml(first.text)}" type="${first.detail}">${xml(errors.map(lineOf).join('\n'))}</failure>\n`
    : ''
  const more = rest.length > 0 ? `<system-out>${xml(rest.map(lineOf).join('\n'))}</system-out>\n` : ''
  return failure + more === '' ? `${head}/>\n` : `${head}>\n${failure}${more}</testcase>\n`
}

const lineOf = ({ severity, detail, expression, text, position: { line, column } }: LocatedIssue): string =>
  `${line}:${column}: ${severity} ${detail} ${expression ?? '-'}: ${text}`

const ENTITIES: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' }

/** Characters that XML 1.0 does not have at all are left out as U+FFFD. https://www.w3.org/TR/xml/#charsets */
const xml = (text: string): string =>
  text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[<>&"]/g, (sign) => ENTITIES[sign]!)
