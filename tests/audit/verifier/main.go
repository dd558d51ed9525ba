// Command verifier checks what the audit app gives out, by other people's code alone: the note
// format of Go's checksum database and the Merkle proofs of transparency-dev.
//
// It reads one JSON object a line and answers each with "ok" or "refused: <why>".
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/transparency-dev/formats/log"
	cosigned "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

type receipt struct {
	Record     string   `json:"record"`
	Position   uint64   `json:"position"`
	Path       [][]byte `json:"path"`
	Checkpoint string   `json:"checkpoint"`
}

type question struct {
	Key     string   `json:"key"`
	Origin  string   `json:"origin"`
	Receipt *receipt `json:"receipt"`
	// Of those who have to have cosigned each checkpoint (C2SP tlog-cosignature).
	Witnesses []string `json:"witnesses"`
	// Of a question about consistency.
	Older string   `json:"older"`
	Newer string   `json:"newer"`
	Path  [][]byte `json:"path"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		if err := judge(lines.Bytes()); err != nil {
			fmt.Printf("refused: %q\n", err.Error())
		} else {
			fmt.Println("ok")
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func judge(line []byte) error {
	var asked question
	if err := json.Unmarshal(line, &asked); err != nil {
		return err
	}
	key, err := note.NewVerifier(asked.Key)
	if err != nil {
		return err
	}
	witnesses, err := verifiers(asked.Witnesses)
	if err != nil {
		return err
	}
	if one := asked.Receipt; one != nil {
		signed, err := opened(one.Checkpoint, asked.Origin, key, witnesses)
		if err != nil {
			return err
		}
		leaf := rfc6962.DefaultHasher.HashLeaf([]byte(one.Record))
		return proof.VerifyInclusion(
			rfc6962.DefaultHasher, one.Position, signed.Size, leaf, one.Path, signed.Hash)
	}
	older, err := opened(asked.Older, asked.Origin, key, witnesses)
	if err != nil {
		return err
	}
	newer, err := opened(asked.Newer, asked.Origin, key, witnesses)
	if err != nil {
		return err
	}
	return proof.VerifyConsistency(
		rfc6962.DefaultHasher, older.Size, newer.Size, asked.Path, older.Hash, newer.Hash)
}

func verifiers(keys []string) ([]note.Verifier, error) {
	made := []note.Verifier{}
	for _, key := range keys {
		one, err := cosigned.NewVerifierForCosignatureV1(key)
		if err != nil {
			return nil, err
		}
		made = append(made, one)
	}
	return made, nil
}

func opened(
	text, origin string, key note.Verifier, witnesses []note.Verifier,
) (*log.Checkpoint, error) {
	signed, rest, told, err := log.ParseCheckpoint([]byte(text), origin, key, witnesses...)
	if err != nil {
		return nil, err
	}
	if len(rest) != 0 {
		return nil, errors.New("the checkpoint has more lines than three")
	}
	good := map[string]bool{}
	for _, one := range told.Sigs {
		good[fmt.Sprintf("%s+%08x", one.Name, one.Hash)] = true
	}
	for _, one := range witnesses {
		if !good[fmt.Sprintf("%s+%08x", one.Name(), one.KeyHash())] {
			return nil, fmt.Errorf("%s has not cosigned the checkpoint", one.Name())
		}
	}
	return signed, nil
}
