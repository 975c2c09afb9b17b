/** The formats in which `nwd validate` reports its verdicts. */
import assert from 'node:assert/strict'
import { FORMATS } from '../../../server/cli/validate/formats/index.ts'
import type { FileVerdict } from '../../../server/cli/validate/check.ts'
import { ERRORS } from '../../../server/fhir/outcome.ts'

const VERDICTS: readonly FileVerdict[] = [
  { file: 'in/good one.json', resource: 'Patient/a', valid: true, issues: [] },
  {
    file: 'in/list.ndjson',
    line: 7,
    resource: 'Patient/b',
    valid: false,
    issues: [
      {
        severity: 'error',
        detail: 'value-format',
        text: 'It is `<&">\u0007`.',
        expression: 'Patient.birthDate',
        position: { line: 7, column: 3 },
      },
      { severity: 'warning', detail: 'code-unexpected', text: 'Hm.', position: { line: 7, column: 9 } },
    ],
  },
]

function report(name: string, verdicts: readonly FileVerdict[] = VERDICTS): string {
  const format = FORMATS[name]!()
  const invalid = verdicts.filter(({ valid }) => !valid).length
  const lines = verdicts.map((verdict) => format.verdict(verdict))
  return [format.begin(), ...lines, format.end({ valid: verdicts.length - invalid, invalid })].join('')
}

describe('the format of nwd validate', () => {
  it('text is a line for each issue, and the totals', () => {
    assert.deepEqual(report('text').split('\n'), [
      'in/list.ndjson:7:3: error value-format Patient.birthDate: It is `<&">\\u0007`.',
      'in/list.ndjson:7:9: warning code-unexpected -: Hm.',
      '1 valid, 1 invalid',
      '',
    ])
  })

  it('ndjson is an object for each resource', () => {
    const results = report('ndjson')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(results[0], { file: 'in/good one.json', resource: 'Patient/a', valid: true, issues: [] })
    assert.deepEqual(results[1].issues[1], {
      severity: 'warning',
      code: ERRORS['code-unexpected'][1],
      detail: 'code-unexpected',
      text: 'Hm.',
      line: 7,
      column: 9,
    })
  })

  it('json is one object with the same results, and the totals', () => {
    const { results, ...totals } = JSON.parse(report('json'))
    assert.deepEqual(totals, { valid: 1, invalid: 1 })
    assert.equal(results.map((one: unknown) => `${JSON.stringify(one)}\n`).join(''), report('ndjson'))
    assert.deepEqual(JSON.parse(report('json', [])), { results: [], valid: 0, invalid: 0 })
  })

  it('junit is a test case for each resource, in suites that know their number', () => {
    const text = report('junit')
    assert.match(text, /<testsuite name="nwd validate" tests="2" failures="1" /)
    assert.match(text, /<testcase name="in\/good one\.json" classname="Patient"\/>/)
    assert.match(
      text,
      /<testcase name="in\/list\.ndjson:7" classname="Patient">\n<failure message="It is `&lt;&amp;&quot;&gt;\uFFFD`\." type="value-format">7:3: error /,
    )
    assert.match(text, /<system-out>7:9: warning code-unexpected -: Hm\.<\/system-out>/)
    const many = report(
      'junit',
      Array.from({ length: 2500 }, () => VERDICTS[0]!),
    )
    assert.deepEqual(
      [...many.matchAll(/ tests="(\d+)"/g)].map((match) => match[1]),
      ['1000', '1000', '500'],
    )
    assert.equal(report('junit', []).match(/<testsuite /), null)
  })

  it('sarif is a run with a result for each issue', () => {
    const { version, runs } = JSON.parse(report('sarif'))
    assert.equal(version, '2.1.0')
    assert.equal(runs.length, 1)
    const [run] = runs
    assert.deepEqual(
      run.tool.driver.rules.map(({ id }: { id: string }) => id),
      Object.keys(ERRORS),
    )
    assert.deepEqual(run.results[0], {
      ruleId: 'value-format',
      level: 'error',
      message: { text: VERDICTS[1]!.issues[0]!.text },
      locations: [
        {
          physicalLocation: { artifactLocation: { uri: 'in/list.ndjson' }, region: { startLine: 7, startColumn: 3 } },
          logicalLocations: [{ fullyQualifiedName: 'Patient.birthDate' }],
        },
      ],
    })
    assert.equal(run.results[1].level, 'warning')
    assert.deepEqual(JSON.parse(report('sarif', [])).runs[0].results, [])
  })
})
