/** The reference: an Express that only answers 1.1 KB of JSON. */
import type { AddressInfo } from 'node:net'
import express from 'express'

const app = express()
app.disable('etag')
const body = { resourceType: 'Patient', text: 'x'.repeat(1100) }
app.get('/', (_request, response) => void response.json(body))
app.post('/', express.json({ type: () => true }), (_request, response) => void response.status(201).json(body))
const server = app.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
