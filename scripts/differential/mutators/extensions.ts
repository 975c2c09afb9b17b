/** Extensions. https://hl7.org/fhir/R4/extensibility.html */
import { add, isObject, isPrimitive, replace, token, type Edit, type Mutator, type Site } from '../mutation.ts'

const OWN = 'https://state.example/fhir/StructureDefinition/'
const HL7 = 'http://hl7.org/fhir/StructureDefinition/'

/** Adds to the list `name` of an object. */
function added({ at, value }: Site, name: string, item: unknown): readonly Edit[] {
  const list = isObject(value) && Array.isArray(value[name]) ? (value[name] as unknown[]) : []
  return add(`${at}/${name}`, [...list, item])
}

const canExtend = ({ value, type, isList }: Site): boolean =>
  isObject(value) && !isList && type !== undefined && !['Bundle', 'Binary', 'Parameters'].includes(type)

const unknown: Mutator = {
  name: 'unknown extension',
  edit: (site, { random }) =>
    canExtend(site)
      ? added(site, 'extension', { url: random.pick([`${OWN}x`, 'x', `${HL7}patient-shoesize`]), valueString: 'x' })
      : undefined,
}

const unknownModifier: Mutator = {
  name: 'modifier extension',
  edit: (site) =>
    canExtend(site) ? added(site, 'modifierExtension', { url: `${OWN}not`, valueBoolean: true }) : undefined,
}

const misplaced: Mutator = {
  name: 'extension misplaced',
  edit(site, { random, sites }) {
    if (!canExtend(site)) return undefined
    const others = sites.filter(({ key, holder, value }) => isExtension(value) && key !== '' && holder !== site.at)
    const own = others.map(({ value }) => value)
    return added(site, 'extension', random.pick([...own, ...own, ...KNOWN]))
  },
}

const isExtension = (value: unknown): boolean => isObject(value) && typeof value.url === 'string' && isValued(value)

const isValued = (value: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(value).some((key) => key.startsWith('value'))

/** Extensions that come with R4. */
const KNOWN: readonly object[] = [
  { url: `${HL7}patient-birthPlace`, valueAddress: { city: 'Springfield' } },
  { url: `${HL7}data-absent-reason`, valueCode: 'unknown' },
  { url: `${HL7}humanname-own-name`, valueString: 'Doe' },
  { url: `${HL7}rendering-style`, valueString: 'color: red' },
]

const broken: Mutator = {
  name: 'extension without its value, or with a wrong one',
  edit(site, { random }) {
    if (!isObject(site.value) || !isExtension(site.value)) return undefined
    const { url, ...rest } = site.value
    const [key = ''] = Object.keys(site.value).filter((one) => one.startsWith('value'))
    return replace(
      site,
      random.pick([
        { url },
        rest,
        { ...site.value, extension: [{ url: 'x', valueString: 'x' }] },
        { ...site.value, valueString: 'x', valueInteger: 1 },
        { url, valueString: 'something else' },
        { url, valueBase64Binary: 'YWJj' },
        { url, valueNonsense: 'x' },
        { url, [key]: null },
        { url: `${String(url)}x`, [key]: site.value[key] },
      ]),
    )
  },
}

const repeated: Mutator = {
  name: 'extension repeated',
  edit: (site) => (site.isItem && isExtension(site.value) ? add(`${site.holder}/-`, site.value) : undefined),
}

const sibling: Mutator = {
  name: 'sibling of a primitive',
  edit(site, { random }) {
    if (!isPrimitive(site.value) || site.isItem || site.key === 'resourceType' || site.at === '') return undefined
    const path = `${site.holder}/_${token(site.key)}`
    const absent = { extension: [{ url: `${HL7}data-absent-reason`, valueCode: 'unknown' }] }
    const put = add(
      path,
      random.pick([{ id: 'a' }, absent, absent, {}, [absent], 'x', null, { colour: 'red' }, { id: 'a b' }]),
    )
    // With it, or instead of it.
    return random.chance(0.5) ? put : [{ op: 'remove', path: site.at }, ...put]
  },
}

export const EXTENSIONS: readonly Mutator[] = [unknown, unknownModifier, misplaced, broken, repeated]
export const SIBLINGS: readonly Mutator[] = [sibling]
