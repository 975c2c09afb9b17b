/**
 * Social security numbers: accepted, never kept. What stays is a keyed hash to compare by and the last four digits.
 * Which numbers exist: Social Security Administration, https://www.ssa.gov/employer/randomizationfaqs.html. No text
 * made here ever repeats a digit of what was sent.
 */
import { createHmac } from 'node:crypto'
import type { JsonObject, Resource } from '../../fhir/types.ts'
import { carry } from '../../fhir/decimals.ts'
import { refuse, type OutcomeError } from '../../fhir/outcome.ts'
import { profileUrl } from '../../fhir/canonical.ts'
import { codesOf, extensionOf, items } from '../../fhir/element.ts'

export const SSN = 'http://hl7.org/fhir/sid/us-ssn'
export const SSN_LAST4 = profileUrl('ext-ssn-last4')

export type Sealed<T> = {
  readonly patient: T
  /** Keyed hash (HMAC-SHA256, hex) of the number that came with it. */
  readonly hash?: string
  readonly last4?: string
}

/**
 * Takes the social security number out of a participant.
 * Without one, the last four digits stay those of `before`, the stored version: they are the hub's to say.
 * Throws `value-format` for an impossible number and `element-too-many` for two; `at` begins the expression of both.
 */
export function sealSsn<T extends Resource>(
  patient: T,
  key: string | Buffer,
  at: string = patient.resourceType,
  before?: Resource,
): Sealed<T> {
  const { patient: open, digits } = openedSsn(patient, at)
  if (digits === undefined) return { patient: withLast4(patient, last4Of(before)) }
  return { patient: open, hash: hashSsn(digits, key), last4: digits.slice(-4) }
}

/** The participant without the number that came with it, but with its last four digits. Throws as sealSsn does. */
export function openedSsn<T extends Resource>(
  patient: T,
  at: string,
): { readonly patient: T; readonly digits?: string } {
  const identifiers = Array.isArray(patient.identifier) ? patient.identifier : []
  const found = identifiers.flatMap((identifier, index) => (isSsn(identifier) ? [index] : []))
  if (found.length > 1) {
    throw refuse('element-too-many', 'A participant has one social security number; send one `identifier` with it.', {
      expression: `${at}.identifier`,
    })
  }
  const [index] = found
  if (index === undefined) return { patient }
  const digits = readSsn(items(identifiers[index])[0]?.value)
  if (digits === undefined) {
    const text =
      'The social security number is not one that can exist; send nine digits, with or without dashes, or leave it out.'
    throw refuse('value-format', text, { expression: `${at}.identifier[${index}].value` })
  }
  const { identifier: _, ...rest } = patient
  const others = identifiers.filter((_, n) => n !== index)
  const open = carry(patient, { ...rest, ...(others.length > 0 ? { identifier: others } : {}) }) as unknown as T
  return { patient: withLast4(open, digits.slice(-4)), digits }
}

/** The error for a number in an element where none is accepted. */
export const strayNumber = (expression: string): OutcomeError =>
  refuse(
    'value-format',
    'A social security number is taken only as one `identifier` of a participant, from where it is not kept; leave it out here.',
    { expression },
  )

/** The nine digits of a possible number, dashes taken out; undefined for anything else. */
export function readSsn(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const [, area = '', group = '', serial = ''] =
    /^(\d{3})-(\d{2})-(\d{4})$/.exec(value) ?? /^(\d{3})(\d{2})(\d{4})$/.exec(value) ?? []
  if (area === '' || area === '000' || area === '666' || area.startsWith('9')) return undefined
  return group === '00' || serial === '0000' ? undefined : area + group + serial
}

/** The keyed hash by which two numbers are compared. */
export const hashSsn = (digits: string, key: string | Buffer): string =>
  createHmac('sha256', key).update(digits).digest('hex')

/** The last four digits that a stored participant shows. */
export function last4Of(patient: Resource | undefined): string | undefined {
  const { valueString } = extensionOf(patient, SSN_LAST4) ?? {}
  return typeof valueString === 'string' ? valueString : undefined
}

/**
 * Where a social security number stands in a resource, as `Goal.expressedBy.identifier`; undefined when there is none.
 * After sealing there must be none: a reference, an extension or a contained resource would keep it in clear.
 * `searched`: another resource, in which there is none; elements that both have are not searched again.
 */
export function ssnIn(node: object, at: string, searched?: object): string | undefined {
  const path = pathToSsn(node, searched)
  return path === undefined ? undefined : at + path
}

/** The path is made only where a number is found: nearly no resource has one. */
function pathToSsn(node: object, searched?: object): string | undefined {
  if (Array.isArray(node)) {
    for (const [index, item] of (node as readonly unknown[]).entries()) {
      const path = isContainer(item) ? pathToSsn(item) : undefined
      if (path !== undefined) return `[${index}]${path}`
    }
    return undefined
  }
  if (isSsnIdentifier(node as JsonObject)) return ''
  for (const name in node) {
    const child = (node as JsonObject)[name]
    if (!isContainer(child) || (searched as JsonObject | undefined)?.[name] === child) continue
    const path = pathToSsn(child)
    if (path !== undefined) return `.${name}${path}`
  }
  return undefined
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Does a text name the system of social security numbers (as a search by one does)? */
export const namesSsn = (text: string): boolean => SSN_SYSTEM.test(text)

const SSN_SYSTEM = /\bus-ssn\b|\b2\.16\.840\.1\.113883\.4\.1(?![.\d])/i

const SSN_TYPE = 'http://terminology.hl7.org/CodeSystem/v2-0203'

/** By its system, as an address or an OID, however it is spelled; or by its type. */
function isSsnIdentifier({ system, type }: JsonObject): boolean {
  if (typeof system === 'string' && namesSsn(system)) return true
  return type !== undefined && codesOf(type, SSN_TYPE).includes('SS')
}

const isSsn = (identifier: unknown): boolean => items(identifier).slice(0, 1).some(isSsnIdentifier)

function withLast4<T extends Resource>(patient: T, last4: string | undefined): T {
  if (last4Of(patient) === last4) return patient
  const others = (Array.isArray(patient.extension) ? patient.extension : []).filter(
    (one) => items(one)[0]?.url !== SSN_LAST4,
  )
  const all = last4 === undefined ? others : [...others, { url: SSN_LAST4, valueString: last4 }]
  const { extension: _, ...rest } = patient
  return carry(patient, { ...rest, ...(all.length > 0 ? { extension: all } : {}) }) as unknown as T
}
