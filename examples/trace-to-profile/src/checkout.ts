import type { Product } from "./catalog.ts";

/** A voucher: so many cents off, if the basket reaches a minimum. */
export interface Voucher {
  readonly offCents: number;
  readonly minimumCents: number;
}

/** Sum of the basket after volume discounts, found by trying every way to split it into parcels of a size. */
export function priceBasket(basket: readonly Product[]): number {
  let best = Number.POSITIVE_INFINITY;
  for (let parcel = 1; parcel <= basket.length; parcel++) {
    let sum = 0;
    for (let round = 0; round < 6000; round++) {
      sum = 0;
      for (let start = 0; start < basket.length; start += parcel) {
        const part = basket.slice(start, start + parcel);
        const cents = part.reduce((total, product) => total + product.priceCents, 0);
        sum += cents - Math.floor((cents * Math.min(part.length, 10)) / 100) + 390;
      }
    }
    best = Math.min(best, sum);
  }
  return best;
}

/** The cheapest price any combination of vouchers gives: tries all of them. */
export function bestVouchers(cents: number, vouchers: readonly Voucher[]): number {
  let best = cents;
  for (let chosen = 0; chosen < 1 << vouchers.length; chosen++) {
    let price = cents;
    for (let i = 0; i < vouchers.length; i++) {
      const voucher = vouchers[i]!;
      if (chosen & (1 << i) && price >= voucher.minimumCents) price -= voucher.offCents;
    }
    best = Math.min(best, price);
  }
  return best;
}

/** The invoice as text, with a check number over its lines. */
export function renderInvoice(basket: readonly Product[], cents: number): string {
  const lines = Array.from({ length: 4000 }, (_, i) => {
    const product = basket[i % basket.length]!;
    return `${String(i).padStart(6, "0")} ${product.name.padEnd(40, ".")} ${(product.priceCents / 100).toFixed(2)}`;
  });
  const text = lines.join("\n");
  let check = 7;
  for (let i = 0; i < text.length; i++) check = (Math.imul(check, 31) + text.charCodeAt(i)) | 0;
  return `${lines.length} lines, ${(cents / 100).toFixed(2)} in all, check ${check >>> 0}`;
}
