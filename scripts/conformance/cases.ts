/**
 * Reads a folder of validator cases: manifest.json (what to validate, with which definitions, and the result of a
 * reference validator), files/, and examples/ that must be without error. The cases come from
 * https://github.com/FHIR/fhir-test-cases
 */
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { createDefinitions } from '../../server/definitions/load.ts'
import type { Definitions } from '../../server/definitions/definitions.ts'
import type { Source } from '../../server/definitions/folders.ts'
import { createXmlFormat } from '../../server/definitions/xml/format.ts'
import type { JsonObject } from '../../server/fhir/types.ts'

export type ReferenceIssue = {
  readonly severity: string
  readonly code: string
  readonly expression?: string
  readonly text: string
}

export type Case = {
  readonly id: string
  readonly module: string
  readonly file: string
  readonly profile?: string
  readonly supporting: readonly string[]
  readonly expected: { readonly valid: boolean; readonly issues: readonly ReferenceIssue[] }
}

/** A file of the folder, by its name and text. */
export type CaseFile = { readonly name: string; readonly text: string }

/** The definitions that a case needs; `url` is the profile to validate against. */
export type Ready = { readonly definitions: Definitions; readonly url?: string; readonly faults: readonly string[] }

export const casesIn = (folder: string): readonly Case[] =>
  JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')) as Case[]

export const fileOf = (folder: string, name: string): string => readFileSync(path.join(folder, 'files', name), 'utf8')

export const examplesIn = (folder: string): readonly CaseFile[] =>
  readdirSync(path.join(folder, 'examples'))
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => ({ name, text: readFileSync(path.join(folder, 'examples', name), 'utf8') }))

/** Loads the definitions that a case names; one that cannot be used is left out, and listed in `faults`. */
export async function readyFor(one: Pick<Case, 'profile' | 'supporting'>, folder: string): Promise<Ready> {
  const faults: string[] = []
  const sources = new Map<string, Source>()
  let url: string | undefined
  for (const name of [...one.supporting, ...(one.profile ? [one.profile] : [])]) {
    for (const content of await definitionsIn(name, folder, faults)) {
      if (name === one.profile && content.resourceType === 'StructureDefinition') url ??= content.url as string
      sources.set(String(content.url), { file: name, content })
    }
  }
  return { ...usable([...sources.values()], faults), url, faults }
}

const PLAIN = createDefinitions([])
const xml = createXmlFormat(PLAIN.structures)

async function definitionsIn(name: string, folder: string, faults: string[]): Promise<readonly JsonObject[]> {
  try {
    const text = fileOf(folder, name)
    const read = (name.endsWith('.xml') ? await xml.read(text) : JSON.parse(text)) as JsonObject
    const entries = (read.entry ?? []) as unknown as readonly { readonly resource?: JsonObject }[]
    const all: readonly JsonObject[] =
      read.resourceType === 'Bundle' ? entries.flatMap(({ resource }) => (resource ? [resource] : [])) : [read]
    return all.filter((one) => typeof one.url === 'string' && typeof one.resourceType === 'string')
  } catch (cause) {
    faults.push(`${name}: ${(cause as Error).message}`)
    return []
  }
}

// A definition that cannot be used must not exclude the others.
function usable(sources: readonly Source[], faults: string[]): { definitions: Definitions } {
  if (sources.length === 0) return { definitions: PLAIN }
  let kept = sources
  for (;;) {
    try {
      return { definitions: createDefinitions(kept) }
    } catch (cause) {
      const message = (cause as Error).message
      const bad = kept.find((one) => message.startsWith(`${one.file}:`))
      if (!bad) throw cause
      faults.push(message)
      kept = kept.filter((one) => one !== bad)
    }
  }
}
