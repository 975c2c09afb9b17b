/** CodeSystem/$subsumes: does one code of a system subsume another one? https://hl7.org/fhir/R4/codesystem-operation-subsumes.html */
import { refuse } from '../../fhir/outcome.ts'
import { buildParameters, readParameters, value, type Declared, type Values } from '../../fhir/parameters.ts'
import type { CodeSystem } from '../../terminology/code-system.ts'
import type { Operation } from '../operation.ts'
import type { RequestedCode } from './find-definition.ts'
import type { TerminologyNeeds } from './needs.ts'
import { findCodeSystem } from './find-code-system.ts'

const PARAMETERS: readonly Declared[] = [
  { name: 'codeA', min: 0, max: '1', type: 'code' },
  { name: 'codeB', min: 0, max: '1', type: 'code' },
  { name: 'system', min: 0, max: '1', type: 'uri' },
  { name: 'version', min: 0, max: '1', type: 'string' },
  { name: 'codingA', min: 0, max: '1', type: 'Coding' },
  { name: 'codingB', min: 0, max: '1', type: 'Coding' },
]

export const subsumes = (needs: TerminologyNeeds): Operation => ({
  name: 'subsumes',
  definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-subsumes',
  levels: ['type', 'instance'],
  types: ['CodeSystem'],
  affectsState: false,
  async run(call) {
    const values = readParameters(PARAMETERS, call)
    const [a, b] = [sideOf(values, 'A'), sideOf(values, 'B')]
    const { url, codes } = await findCodeSystem(needs, call, {
      url: values.system ?? a.system,
      version: values.version,
    })
    for (const side of [a, b]) refuseForeign(side, url, codes)
    return { status: 200, resource: buildParameters([value('outcome', 'code', outcome(a.code, b.code, codes))]) }
  },
})

function sideOf(values: Values, side: 'A' | 'B'): RequestedCode {
  const coding = values[`coding${side}`] as Partial<RequestedCode> | undefined
  const code = values[`code${side}`] ?? coding?.code
  if (typeof code === 'string') return { ...coding, code }
  throw refuse('invalid-parameter', `Send \`code${side}\` (with \`system\`) or \`coding${side}\`.`)
}

function refuseForeign({ system, code }: RequestedCode, url: string, codes: CodeSystem): void {
  if (system !== undefined && system !== url)
    throw refuse('invalid-parameter', `Both codes must be of one system; \`${system}\` is not \`${url}\`.`)
  const membership = codes.has(code)
  if (membership === 'unknown')
    throw refuse('code-unchecked', `\`${code}\` could not be checked: \`${url}\` is not complete here.`)
  if (membership === 'out') throw refuse('not-found', `\`${code}\` is not a code of \`${url}\`.`)
}

function outcome(a: string, b: string, codes: CodeSystem): string {
  const [below, above] = [codes.isA(a, b), codes.isA(b, a)]
  if (below && above) return 'equivalent'
  return above ? 'subsumes' : below ? 'subsumed-by' : 'not-subsumed'
}
