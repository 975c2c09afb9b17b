/** `_elements` and `_summary` of the operations that answer records. https://hl7.org/fhir/R4/http.html#summary */
import assert from 'node:assert/strict'
import type { JsonObject } from '../../server/fhir/types.ts'
import { createClock } from '../../server/clock.ts'
import { goal, matchParameters, participant, type Body } from '../builders/index.ts'
import { givenOver, made, OVER_STORES, refused, type Answer, type Client, type Given } from '../given.ts'
import { START } from '../store/stores.ts'

type Entry = { readonly resource: Body & { readonly meta: { readonly tag?: readonly { readonly code: string }[] } } }

/** The elements of each record but resourceType, id and meta; `!` where one is not tagged as a part. */
const shown = (answer: Answer): readonly string[] =>
  ((made(answer).entry ?? []) as readonly Entry[]).map(({ resource: { resourceType, id: _, meta, ...rest } }) => {
    const isTagged = meta.tag?.some(({ code }) => code === 'SUBSETTED')
    return `${isTagged ? '' : '!'}${resourceType}: ${Object.keys(rest).sort().join(' ')}`
  })

for (const store of OVER_STORES)
  for (const rules of ['hub', 'open'])
    describe(`operations / _elements and _summary / ${store}, HUB_RULES=${rules}`, () => {
      let hub: Given
      let es: Client
      let subject: string
      before(async () => {
        hub = await givenOver(
          store,
          { HUB_RULES: rules },
          createClock(() => START),
        )
        if (rules === 'open') {
          const agency = { resourceType: 'Organization', id: 'es', name: 'es' }
          made(await hub.as(undefined).put('/Organization/es', agency))
        }
        es = hub.as('es')
        subject = `Patient/${made(await es.post('/Patient', participant('es'))).id}`
        for (let count = 0; count < 2; count += 1) made(await es.post('/Goal', goal(subject)))
      })
      after(() => hub.stop())

      it('choose a part of each record, in the address and in Parameters', async () => {
        const GOAL = 'Goal: description lifecycleStatus subject'
        const path = `/${subject}/$everything`
        assert.deepEqual(shown(await es.get(`${path}?_type=Goal&_elements=lifecycleStatus`)), [GOAL, GOAL])
        const parameter = [
          { name: '_type', valueCode: 'Goal' },
          { name: '_elements', valueString: 'lifecycleStatus' },
        ]
        assert.deepEqual(shown(await es.post(path, { resourceType: 'Parameters', parameter })), [GOAL, GOAL])
        const all = shown(await es.get(`${path}?_elements=Goal.subject,Goal.lifecycleStatus`))
        assert.deepEqual(
          all.filter((one) => one.startsWith('Goal')),
          [GOAL, GOAL],
        )
        for (const summary of ['true', 'text', 'data'])
          for (const one of shown(await es.get(`${path}?_summary=${summary}`))) assert.doesNotMatch(one, /^!/)
        for (const one of shown(await es.get(`${path}?_summary=false`))) assert.match(one, /^!/)
      })

      it('hold for the pages behind the first one', async () => {
        for (const name of ['everything', 'intake-package']) {
          const first = made(await es.get(`/${subject}/$${name}?_count=1&_elements=id`))
          const next = first.link.find(({ relation }: { relation: string }) => relation === 'next').url
          assert.equal(new URL(next).searchParams.get('_elements'), 'id')
          const found = shown(await es.get(next.slice(hub.url.length)))
          assert.ok(found.length > 0)
          for (const one of found) assert.doesNotMatch(one, /^!|target|note/)
        }
      })

      it('are refused where they name no element, ask for a count, or contradict each other', async () => {
        const path = `/${subject}/$everything`
        assert.match(refused(await es.get(`${path}?_elements=nmae`), 400, 'invalid-parameter'), /`name`/)
        refused(await es.get(`${path}?_summary=count`), 400, 'invalid-parameter')
        refused(await es.get(`${path}?_summary=short`), 400, 'invalid-parameter')
        refused(await es.get(`${path}?_summary=true&_elements=id`), 400, 'invalid-parameter')
        refused(await es.get(`${path}?_summary=true&_summary=true`), 400, 'invalid-parameter')
      })

      it('choose a part of the participants that $match finds', async () => {
        const found = await es.post(
          '/Patient/$match?_elements=gender',
          matchParameters(participant('es') as JsonObject),
        )
        const parts = shown(found)
        assert.ok(parts.length > 0)
        for (const one of parts) assert.doesNotMatch(one, /^!|name|birthDate/)
      })

      it('are no parameters of an operation that answers no records', async () => {
        for (const path of [`/${subject}/$meta`, '/$warnings', '/ValueSet/$expand'])
          for (const query of ['_elements=id', '_summary=true'])
            refused(await es.get(`${path}?${query}`), 400, 'unknown-parameter')
      })
    })
