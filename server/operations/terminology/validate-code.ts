/** ValueSet/$validate-code: is a code in a value set? https://hl7.org/fhir/R4/valueset-operation-validate-code.html */
import type { CanonicalResource } from '../../definitions/canonical-resource.ts'
import { refuse } from '../../fhir/outcome.ts'
import { readParameters, type Declared } from '../../fhir/parameters.ts'
import { displaysOf, isAbstract } from '../../terminology/concept.ts'
import type { Terminology } from '../../terminology/terminology.ts'
import type { ValueSetCompose } from '../../terminology/value-set.ts'
import { matchesVersion } from '../../terminology/versions.ts'
import type { Operation } from '../operation.ts'
import { requestedCodes, findDefinition, terminologyOf, type RequestedCode } from './find-definition.ts'
import type { TerminologyNeeds } from './needs.ts'
import { withStoredTerminology } from './stored-terminology.ts'
import { validateCodeReply, type CodeValidation } from './validate-code-reply.ts'

const PARAMETERS: readonly Declared[] = [
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
    const values = readParameters(PARAMETERS, call)
    const { valueSet: given, url, valueSetVersion: version } = values
    const valueSet = await findDefinition(needs, call, { type: 'ValueSet', resource: given, url, version })
    const codes = requestedCodes(values, { version: 'systemVersion' })
    const urls = codes.flatMap(({ system }) => system ?? [])
    const terminology = await withStoredTerminology(needs, call, terminologyOf(needs), { valueSet, urls })
    const abstract = values.abstract === true
    const checked = codes.map((requested) => check(requested, valueSet, { terminology, abstract }))
    return validateCodeReply(checked, `the value set \`${valueSet.url}\``)
  },
})

type ValueSetCheck = { readonly terminology: Terminology; readonly abstract: boolean }

function check(
  requested: RequestedCode,
  valueSet: CanonicalResource,
  { terminology, abstract }: ValueSetCheck,
): CodeValidation {
  const { system, code, version } = requested
  if (system === undefined) throw refuse('invalid-parameter', `Send the \`system\` of the code \`${code}\` too.`)
  const codeSystem = terminology.codeSystem(system)
  const membership = matchesVersion(version, codeSystem?.version)
    ? terminology.membershipIn(valueSet)(system, code)
    : ('unknown' as const)
  const concept = codeSystem?.concept(code)
  const displays = [...ownDisplays(valueSet, requested), ...(concept ? displaysOf(concept) : [])]
  if (membership !== 'in' || abstract || !concept || !isAbstract(concept))
    return { code: requested, membership, displays }
  const objection = `\`${system}|${code}\` is abstract: it groups other codes. Send \`abstract\` to allow it.`
  return { code: requested, membership, displays, objection }
}

/** The displays of a code in the value set itself. */
function ownDisplays(valueSet: CanonicalResource, { system, code }: RequestedCode): readonly string[] {
  const compose = valueSet.compose as ValueSetCompose | undefined
  return (compose?.include ?? [])
    .filter((one) => one.system === system)
    .flatMap((one) => one.concept ?? [])
    .filter((one) => one.code === code)
    .flatMap(({ display, designation = [] }) => [display, ...designation.map(({ value }) => value)])
    .filter((one): one is string => typeof one === 'string')
}
