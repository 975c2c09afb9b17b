/**
 * `fhirExtensions`: each extension of a list is defined, allowed in its context, and meets its definition.
 * https://hl7.org/fhir/R4/extensibility.html
 */
import type { ErrorObject } from 'ajv'
import { valueOf } from '../../definitions/structures/element.ts'
import { brokenContextInvariant } from '../context-invariant.ts'
import { contextViolation } from '../extension-context.ts'
import { suggestStructure } from '../did-you-mean.ts'
import { runSchema, type Violation } from '../violation.ts'
import { suggestion } from '../did-you-mean.ts'
import type { DataPosition, ValidationEngine, CheckContext } from '../check-context.ts'
import { keyword } from './keyword.ts'
import { withProfile } from './resource.ts'

type UncheckedExtension = { readonly url?: unknown }

export const fhirExtensions = keyword<string>(
  'fhirExtensions',
  ['array'],
  (holder, engine) => (context, data: readonly (UncheckedExtension | null)[], at) => {
    const found: (Violation | ErrorObject)[] = []
    data.forEach((extension, index) => {
      const url = extension?.url
      if (typeof url !== 'string' || url === '') return
      const position: DataPosition = {
        instancePath: `${at.instancePath}/${index}`,
        parentData: data,
        parentDataProperty: index,
        rootData: at.rootData,
      }
      if (isAbsolute(url))
        found.push(...extensionViolations(url, extension, { holder, index, context, position: position, list: at }))
      else if (holder !== 'Extension' || !isNestedExtension(url, at.parentData, engine))
        found.push({
          detail: 'extension-unknown',
          below: `/${index}`,
          text: unknownNestedExtension(url, holder, at.parentData),
        })
    })
    return found
  },
)

/** An absolute url names a definition; a plain name a nested extension of the extension around it. */
export const isAbsolute = (url: string): boolean => /^[A-Za-z][A-Za-z0-9+.-]*:/.test(url)

type ListedExtension = {
  holder: string
  index: number
  context: CheckContext
  position: DataPosition
  list: DataPosition
}

function extensionViolations(
  url: string,
  extension: unknown,
  listed: ListedExtension,
): readonly (Violation | ErrorObject)[] {
  const { context, index, list } = listed
  if (url.includes('|')) return [versionedUrl(url, index)]
  const compiled = context.engine.extension(url)
  if (!compiled) return [unknownExtension(url, listed)]
  const asModifier = list.instancePath.endsWith('/modifierExtension')
  const misplaced =
    compiled.isModifier === asModifier ? contextViolation(url, compiled.contexts, listed) : wrongList(url, asModifier)
  if (misplaced) return [{ detail: 'extension-unknown', below: `/${index}`, text: misplaced }]
  const holder = { name: listed.holder, value: list.parentData }
  const unmet = brokenContextInvariant(compiled.contextInvariants, extension, holder, context)
  if (unmet !== undefined)
    return [{ detail: 'extension-unknown', below: `/${index}`, text: brokenInvariant(url, unmet) }]
  return withProfile(runSchema(compiled.schema, context, extension, listed.position), url)
}

const brokenInvariant = (url: string, condition: string): string =>
  `{at}: the extension \`${url}\` is allowed here only where \`${condition}\`.`

const wrongList = (url: string, asModifier: boolean): string =>
  asModifier
    ? `{at}: the extension \`${url}\` does not change the meaning of its element, so it belongs in \`extension\`.`
    : `{at}: the extension \`${url}\` changes the meaning of its element, so it belongs in \`modifierExtension\`.`

/**
 * Urls of extensions that HL7 publishes outside R4 (extension packs, elements of other versions): an unknown one is only a
 * warning. https://hl7.org/fhir/R4/versions.html#extensions
 */
const PUBLISHED_ELSEWHERE =
  /^http:\/\/hl7\.org\/fhir\/(tools\/)?StructureDefinition\/|^http:\/\/hl7\.org\/fhir\/[1-9]\.\d\/StructureDefinition\/extension-[A-Z]/

function unknownExtension(url: string, { index, holder, context }: ListedExtension): Violation {
  // A Basic consists of extensions, for concepts that have no definition yet. https://hl7.org/fhir/R4/basic.html
  const isLenient = !context.engine.strict && (PUBLISHED_ELSEWHERE.test(url) || isOfBasic(holder, context))
  return {
    detail: 'extension-unknown',
    severity: isLenient ? 'warning' : 'error',
    below: `/${index}`,
    text: `{at}: the extension \`${url}\` is not defined here. Leave it out, or correct its url.${suggestion(context, () => suggestStructure(url, 'Extension', context.engine.definitions))}`,
  }
}

const isOfBasic = (holder: string, { resource }: CheckContext): boolean =>
  holder === 'DomainResource' || holder === 'Basic' ? resource.resourceType === 'Basic' : false

/** The url of an extension has no version. https://hl7.org/fhir/R4/extensibility.html#Extension.url */
const versionedUrl = (url: string, index: number): Violation => ({
  detail: 'extension-unknown',
  below: `/${index}`,
  text: `{at}: the url \`${url}\` names a version. Leave \`|\` and what follows out.`,
})

/** A nested extension: its url is a plain name, which the definition of the complex extension fixes. */
export function isNestedExtension(name: string, parent: unknown, engine: ValidationEngine): boolean {
  const url = (parent as UncheckedExtension | null)?.url
  if (typeof url !== 'string') return false
  if (!url.includes(':')) return true
  const { structures } = engine.definitions
  if (structures.find(url)?.type !== 'Extension') return true
  const slices = structures.tree(url).children.get('extension')?.slices.values() ?? []
  return [...slices].some((slice) => {
    const own = slice.children.get('url')
    return own !== undefined && valueOf(own.element, 'fixed') === name
  })
}

function unknownNestedExtension(name: string, holder: string, parent: unknown): string {
  const url = (parent as UncheckedExtension | null)?.url
  return holder === 'Extension' && typeof url === 'string'
    ? `{at}: \`${name}\` is not a part of the extension \`${url}\`.`
    : `{at}: \`${name}\` is not the url of an extension. An extension is named by an absolute url.`
}
