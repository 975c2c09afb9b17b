/** ValueSet/$validate-code: is a code in a value set? https://hl7.org/fhir/R4/valueset-operation-validate-code.html */
import type { Canonical } from '../../definitions/definitions.ts'
import { refuse } from '../../fhir/outcome.ts'
import { readParameters, type Declared } from '../../fhir/parameters.ts'
import { displaysOf, isAbstract } from '../../terminology/concept.ts'
import type { Compose } from '../../terminology/value-set.ts'
import { isVersion } from '../../terminology/versions.ts'
import type { Operation } from '../operation.ts'
import { codesIn, definitionFor, terminologyOf, type Code, type TerminologyNeeds } from './definition.ts'
import { verdictReply, type Checked } from './verdict.ts'

const DECLARED: readonly Declared[] = [
  { name: 'url', min: 0, max: '1', type: 'uri' },
  { name: 'valueSet', min: 0, max: '1', type: 'ValueSet' },
  { name: 'valueSetVersion', min: 0, max: '1', type: 'string' },
  { name: 'code', min: 0, max: '1', type: 'code' },
  { name: 'system', min: 0, max: '1', type: 'uri' },
  { name: 'systemVersion', min: 0, max: '1', type: 'string' },
  { name: 'display', min: 0, max: '1', type: 'string' },
  { name: 'coding', min: 0, max: '1', type: 'Coding' },
  { name: 'codeableConcept', min: 0, max: '1', type: 'CodeableConcept' },
  { name: 'abstract', min: 0, max: '1', type: 'boolean' },
]

export const validateValueSetCode = (needs: TerminologyNeeds): Operation => ({
  name: 'validate-code',
  definition: 'http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code',
  levels: ['type', 'instance'],
  types: ['ValueSet'],
  affectsState: false,
  async run(call) {
    const values = readParameters(DECLARED, call)
    const { valueSet: given, url, valueSetVersion: version } = values
    const valueSet = await definitionFor(needs, call, { kind: 'ValueSet', given, url, version })
    const codes = codesIn(values, { version: 'systemVersion' })
    const checked = codes.map((asked) => check(asked, valueSet, { needs, abstract: values.abstract === true }))
    return verdictReply(checked, `the value set \`${valueSet.url}\``)
  },
})

type With = { readonly needs: TerminologyNeeds; readonly abstract: boolean }

function check(asked: Code, valueSet: Canonical, { needs, abstract }: With): Checked {
  const { system, code, version } = asked
  if (system === undefined) throw refuse('invalid-parameter', `Send the \`system\` of the code \`${code}\` too.`)
  const terminology = terminologyOf(needs)
  const known = terminology.codeSystem(system)
  const verdict = isVersion(version, known?.version)
    ? terminology.membershipIn(valueSet)(system, code)
    : ('unknown' as const)
  const concept = known?.concept(code)
  const displays = [...ownDisplays(valueSet, asked), ...(concept ? displaysOf(concept) : [])]
  if (verdict !== 'in' || abstract || !concept || !isAbstract(concept)) return { asked, verdict, displays }
  const against = `\`${system}|${code}\` is abstract: it groups other codes. Send \`abstract\` to take it anyway.`
  return { asked, verdict, displays, against }
}

/** The displays that a value set itself gives a code. */
function ownDisplays(valueSet: Canonical, { system, code }: Code): readonly string[] {
  const compose = valueSet.compose as Compose | undefined
  return (compose?.include ?? [])
    .filter((one) => one.system === system)
    .flatMap((one) => one.concept ?? [])
    .filter((one) => one.code === code)
    .flatMap(({ display, designation = [] }) => [display, ...designation.map(({ value }) => value)])
    .filter((one): one is string => typeof one === 'string')
}
