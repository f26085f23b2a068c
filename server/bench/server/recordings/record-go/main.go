// Record-go profiles itself while it parses, type-checks, formats and packs the Go standard library: work with many
// different stacks. It writes a CPU and a heap profile as the runtime makes them.
//
//	GOROOT=$(go env GOROOT) go run -trimpath ./record-go go-cpu.pb.gz go-heap.pb.gz
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"go/ast"
	"go/build"
	"go/format"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/pprof"
	"time"
)

var packages = []string{"net/http", "go/types", "encoding/json", "text/template", "crypto/tls", "regexp", "archive/zip", "database/sql"}

func main() {
	seconds := flag.Int("seconds", 5, "how long to work")
	heapRate := flag.Int("heap-rate", 160_000, "mean bytes between two samples of the heap")
	flag.Parse()
	if flag.NArg() != 2 {
		log.Fatal("usage: record-go [-seconds N] [-heap-rate N] CPU-FILE HEAP-FILE")
	}
	runtime.MemProfileRate = *heapRate
	cpu := create(flag.Arg(0))
	check(pprof.StartCPUProfile(cpu))
	kept := map[string]any{}
	end := time.Now().Add(time.Duration(*seconds) * time.Second)
	for time.Now().Before(end) {
		for _, name := range packages {
			if time.Now().Before(end) {
				kept[name] = work(name)
			}
		}
	}
	pprof.StopCPUProfile()
	check(cpu.Close())
	heap := create(flag.Arg(1))
	check(pprof.Lookup("heap").WriteTo(heap, 0))
	check(heap.Close())
	runtime.KeepAlive(kept)
}

// work takes a package through everything and returns what a cache would keep of it.
func work(name string) any {
	pkg, err := build.Import(name, "", 0)
	check(err)
	set := token.NewFileSet()
	var files []*ast.File
	for _, file := range pkg.GoFiles {
		parsed, err := parser.ParseFile(set, filepath.Join(pkg.Dir, file), nil, parser.ParseComments)
		check(err)
		files = append(files, parsed)
		var text bytes.Buffer
		check(format.Node(&text, set, parsed))
		pack(text.Bytes())
		count(text.String())
	}
	config := types.Config{Importer: importer.ForCompiler(set, "source", nil), Error: func(error) {}}
	checked, _ := config.Check(name, set, files, nil)
	return checked
}

func pack(text []byte) [32]byte {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, err := writer.Write(text)
	check(err)
	check(writer.Close())
	return sha256.Sum256(packed.Bytes())
}

var word = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

func count(text string) []byte {
	words := map[string]int{}
	for _, found := range word.FindAllString(text, -1) {
		words[found]++
	}
	encoded, err := json.Marshal(words)
	check(err)
	check(json.Unmarshal(encoded, &words))
	return encoded
}

func create(name string) *os.File {
	file, err := os.Create(name)
	check(err)
	return file
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
