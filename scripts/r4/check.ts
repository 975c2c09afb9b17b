/** Compares the copy in server/definitions/r4 with the published R4: by its digests, or by the published file itself. */
import { isDeepStrictEqual } from 'node:util'
import { copyOf, indexFaults, readCopy, type Copy } from './copy.ts'
import { elementId, elementsOf, viewOf, type Definition, type JsonObject } from './definition.ts'
import { asPublished, isOmitted, type Correction } from './differences.ts'
import { digestsOf, readDigests, type Digests } from './digests.ts'

/** A sentence for each difference between the copy of a folder and its digests; reads only the folder. */
export function checkDigests(folder: string): readonly string[] {
  const copy = readCopy(folder)
  return [...differencesFromDigests(copy, readDigests(folder)), ...indexFaults(folder, copy)]
}

/** A sentence for each difference between the copy, or the digests, of a folder and those that its sources result in. */
export function checkSources(folder: string, sources: readonly Definition[]): readonly string[] {
  const digests = sources.flatMap((one) => digestsOf(one) ?? [])
  return [
    ...compare(all(readCopy(folder)), all(copyOf(sources)).map(plain), differingElements),
    ...compare(readDigests(folder), digests, differingDigests).map((one) => `In digests.txt.gz: ${one}`),
    ...checkDigests(folder),
  ]
}

/** Only the differences of differences.json are allowed, and each of them is required. */
export function differencesFromDigests(copy: Copy, digests: readonly Digests[]): readonly string[] {
  const uncorrected: Correction[] = []
  const published = all(copy).map((one) => asPublished(one, (correction) => uncorrected.push(correction)))
  return [
    ...compare(
      published.flatMap((one) => digestsOf(one) ?? []),
      digests.filter((one) => !isOmitted(one)),
      differingDigests,
    ),
    ...uncorrected.map(
      ({ definition, property }) => `\`${property}\` of ${definition} is not as differences.json corrects it.`,
    ),
  ]
}

const all = ({ structures, terminology, searchParameters }: Copy): readonly Definition[] => [
  ...structures,
  ...terminology,
  ...searchParameters,
]

/** As JSON represents it: without undefined properties. */
const plain = (definition: Definition): Definition => JSON.parse(JSON.stringify(definition)) as Definition

type Identified = { readonly url: string }

function compare<T extends Identified>(
  own: readonly T[],
  expected: readonly T[],
  differing: (own: T, expected: T) => readonly string[],
): readonly string[] {
  const byUrl = new Map(own.map((one) => [one.url, one]))
  const urls = new Set(expected.map((one) => one.url))
  const differences = expected.flatMap((one) => {
    const counterpart = byUrl.get(one.url)
    return counterpart ? differing(counterpart, one) : [`${one.url} is missing.`]
  })
  return [...differences, ...own.filter(({ url }) => !urls.has(url)).map(({ url }) => `${url} is not of R4.`)]
}

const differingDigests = (own: Digests, expected: Digests): readonly string[] => [
  ...(own.digest === expected.digest ? [] : [`${own.url} differs from the published definition.`]),
  ...differingKeys(own.elements, expected.elements).map(
    (id) => `${id} of ${own.url} differs from the published element.`,
  ),
]

function differingElements(own: Definition, expected: Definition): readonly string[] {
  if (own.resourceType !== 'StructureDefinition')
    return isDeepStrictEqual(own, expected) ? [] : [`${own.url} differs from the published definition.`]
  const [ownHead, expectedHead] = [own, expected].map((one) => ({ ...one, [viewOf(one)]: undefined }))
  return [
    ...(isDeepStrictEqual(ownHead, expectedHead) ? [] : [`${own.url} differs from the published definition.`]),
    ...differingKeys(byId(own), byId(expected)).map((id) => `${id} of ${own.url} differs from the published element.`),
  ]
}

const byId = (definition: Definition): ReadonlyMap<string, JsonObject> =>
  new Map(elementsOf(definition).map((one) => [elementId(one), one]))

const differingKeys = <T>(own: ReadonlyMap<string, T>, expected: ReadonlyMap<string, T>): readonly string[] =>
  [...new Set([...own.keys(), ...expected.keys()])].filter((key) => !isDeepStrictEqual(own.get(key), expected.get(key)))
