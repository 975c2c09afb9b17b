/** The parts of Questionnaire and QuestionnaireResponse that are read. https://hl7.org/fhir/R4/questionnaire.html */
import type { JsonObject } from '../../fhir/types.ts'

export type Question = JsonObject & {
  readonly linkId?: string
  readonly text?: string
  readonly type?: string
  readonly required?: boolean
  readonly repeats?: boolean
  readonly maxLength?: number
  readonly answerOption?: readonly JsonObject[]
  readonly answerValueSet?: string
  readonly enableWhen?: readonly Condition[]
  readonly enableBehavior?: 'all' | 'any'
  readonly item?: readonly Question[]
}

export type Condition = JsonObject & { readonly question?: string; readonly operator?: string }

export type Answer = JsonObject & { readonly item?: readonly Item[] }
export type Item = JsonObject & {
  readonly linkId?: string
  readonly answer?: readonly Answer[]
  readonly item?: readonly Item[]
}

/** The property that holds a `value[x]`, whatever its type. */
export function valueKey(holder: JsonObject, name = 'value'): string | undefined {
  return Object.keys(holder).find((key) => key.startsWith(name) && key.length > name.length)
}

/** A list of objects, or none: the shape was judged elsewhere. */
export function objects<T extends JsonObject>(value: unknown): readonly T[] {
  return Array.isArray(value) ? value.filter(isObject<T>) : []
}

const isObject = <T extends JsonObject>(value: unknown): value is T => typeof value === 'object' && value !== null

const CORE = 'http://hl7.org/fhir/StructureDefinition/'

/**
 * The values of an extension of a question, by the last part of its url among those that R4 defines, or by its whole
 * url. https://hl7.org/fhir/R4/questionnaire-profiles.html
 */
export function extensionValues(holder: JsonObject, name: string): readonly unknown[] {
  const url = name.includes(':') ? name : CORE + name
  return objects(holder.extension).flatMap((one) => {
    const key = one.url === url ? valueKey(one) : undefined
    return key === undefined ? [] : [one[key]]
  })
}

/** The one value of an extension, where it is a number. */
export function extensionNumber(holder: JsonObject, name: string): number | undefined {
  const [value] = extensionValues(holder, name)
  return typeof value === 'number' ? value : undefined
}
