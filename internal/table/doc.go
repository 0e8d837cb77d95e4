// Package table is what the results of tests, and what is made of them, are kept in: tables of items, as DynamoDB has them.
//
// An item is a JSON object. Its table's schema names the attribute that is the hash key, a text, and may name one that is
// the range key, an integer: items with the same hash are together, in the order of their range keys. Everything else in
// an item is the caller's affair.
//
// Store is the interface; sqlitetable keeps tables in a file of this machine and dynamotable in DynamoDB. Package tabletest
// holds both to one contract. Package dynamoapi serves a Store as DynamoDB's API, so that a function reaches its tables by
// the same code here and in AWS, and package stream hands the changes of a table to a function, as DynamoDB Streams does.
package table
