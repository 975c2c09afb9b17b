/** Codes, their systems and displays. https://hl7.org/fhir/R4/terminologies.html */
import { valueSetOf } from './value-sets.ts'
import { isObject, replace, type Mutator, type Site } from '../mutation.ts'

const isBound = ({ node, profiled, value }: Site): boolean =>
  typeof value === 'string' && (node?.element.binding ?? profiled?.element.binding) !== undefined

const wrongCode: Mutator = {
  name: 'wrong code',
  edit: (site, { random }) =>
    isBound(site) ? replace(site, random.pick(['nonsense', String(site.value).toUpperCase(), 'x'])) : undefined,
}

const otherCode: Mutator = {
  name: 'another code of the value set',
  edit(site, ground) {
    const codes = isBound(site) ? valueSetOf(site, ground) : []
    return codes.length > 0 ? replace(site, ground.random.pick(codes).code) : undefined
  },
}

// A coding or a concept whose element is bound; the binding is at the element, not at `coding`.
const codingsOf = ({ value }: Site): readonly Readonly<Record<string, unknown>>[] => {
  if (!isObject(value)) return []
  const list = Array.isArray(value.coding) ? (value.coding as unknown[]) : [value]
  return list.filter(isObject).filter(({ system, code }) => typeof system === 'string' && typeof code === 'string')
}

const inCoding = (name: string, change: CodeChange): Mutator => ({
  name,
  edit(site, ground) {
    const isCoding = site.type === 'Coding' && !site.isList
    if (!isCoding && (site.type !== 'CodeableConcept' || site.isList)) return undefined
    const [coding] = codingsOf(site)
    const changed = coding && change(coding, site, ground)
    if (!changed) return undefined
    return replace(site, isCoding ? changed : { ...(site.value as object), coding: [changed] })
  },
})

type Coding = Readonly<Record<string, unknown>>
type CodeChange = (coding: Coding, ...place: Parameters<Mutator['edit']>) => Coding | undefined

const wrongCodingCode = inCoding('wrong code of a coding', ({ display: _, ...coding }, _site, { random }) => ({
  ...coding,
  code: random.pick(['nonsense', `${String(coding.code)}x`, String(coding.code).toUpperCase(), ' a']),
}))

const otherCoding = inCoding('another coding of the value set', (_coding, site, ground) => {
  const codes = valueSetOf(site, ground)
  if (codes.length === 0) return undefined
  const { system, code, display } = ground.random.pick(codes)
  return { system, code, ...(display === undefined || ground.random.chance(0.5) ? {} : { display }) }
})

const wrongSystem = inCoding('wrong system', ({ display: _, ...coding }, _site, { random }) => {
  const system = random.pick(OTHERS)
  return system === coding.system ? undefined : { ...coding, system }
})

const OTHERS = [
  'http://terminology.hl7.org/CodeSystem/v3-ActCode',
  'http://terminology.hl7.org/CodeSystem/observation-category',
  'http://hl7.org/fhir/administrative-gender',
  'http://hl7.org/fhir/ValueSet/administrative-gender',
  'https://state.example/codes',
  'not-absolute',
  '',
]

const noSystem = inCoding('coding without system or code', ({ system, code, ...coding }, _site, { random }) =>
  random.pick([
    { ...coding, code },
    { ...coding, system },
    { ...coding, userSelected: true },
  ]),
)

const wrongDisplay = inCoding('wrong display', (coding, _site, { random }) => ({
  ...coding,
  display: random.pick(['something else', String(coding.display ?? 'x').toUpperCase(), '']),
}))

export const CODES: readonly Mutator[] = [wrongCode, wrongCodingCode]
export const SYSTEMS: readonly Mutator[] = [wrongSystem]
export const OTHER_CODES: readonly Mutator[] = [otherCode, otherCoding]
export const DISPLAYS: readonly Mutator[] = [noSystem, wrongDisplay]
