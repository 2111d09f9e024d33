import { DeliveryIds } from './delivery-id';

describe('delivery id', () => {
  it('is the UUIDv5 of message and device', () => {
    // RFC 9562 Appendix A.4: the name www.example.com in the DNS namespace.
    const ids = new DeliveryIds('6ba7b810-9dad-11d1-80b4-00c04fd430c8');
    expect(ids.of('www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
  });
});
